using System.Buffers.Binary;
using StreamAgg.Digests.Cells;
using StreamAgg.Digests.Storing;

namespace StreamAgg.Digests;

/// <content>
/// The bytes of a digest. A varint is an unsigned LEB128: seven bits a byte, the lowest first, no longer than it must be.
/// A number's key is its IEEE 754 bits, for a negative one with all but the sign inverted: keys sort as the numbers do.
/// A step is 1 byte, 16 * z + s, and s bytes, the lowest first: a number of which the z lowest bytes, all zero, are left out.
/// <code>
/// 1 byte   version: 1
/// varint   compression, 20 to 1,000
/// varint   number of centroids, at most the compression
/// varint   count: the sum of all weights
/// varint   by how many sixteenths of a full cell the rank of a boundary may be off, rounded up
/// then for each centroid, ascending:
///   varint   2 * weight, + 1 where it is not pure (its values differ); the first and the last are pure: minimum and maximum
///   step     the key of its end, as the distance from the cut before; a pure centroid is its end. 128 is added to the first byte where
///            it is not pure and does not begin right above that cut
///   step     only there: the cut that it begins right above, as the distance from the cut before
///   2 bytes  where not pure: where its mean lies, 0 at its smallest value, 65,535 at its end; the lower byte first
///            (in a cell so narrow that several of these are one double, the one that this double is nearest to)
/// 4 bytes  CRC-32C of everything before, the lowest byte first
/// </code>
/// The key of a centroid's end is the cut before the next one. Before the first the cut is 0 and distances are modulo 2^64.
/// Equal states give equal bytes. An empty digest has no centroids. Nothing but this is accepted when reading.
/// </content>
public sealed partial class TDigest
{
    private const byte Version = 1;
    private const int CrcLength = 4;

    /// <summary>The version and four numbers.</summary>
    private const int HeaderLength = 1 + (4 * ByteParts.LongestVarint);

    private const double DoubtUnits = 16;

    /// <summary>Where all digests of a thread are written before their length is known.</summary>
    [ThreadStatic]
    private static byte[]? workspace;

    /// <summary>The number of bytes that <see cref="Encode"/> writes now.</summary>
    public int EncodedLength => Write(Stored(), []);

    /// <summary>Writes the final form; the digest itself stays as it is.</summary>
    /// <param name="destination">At least <see cref="EncodedLength"/> bytes.</param>
    /// <returns>The number of bytes written.</returns>
    /// <exception cref="ArgumentException">The destination is too short; nothing has been written.</exception>
    public int Encode(Span<byte> destination)
    {
        StoredForm final = Stored();
        int length = Write(final, []);
        if (destination.Length < length)
            throw new ArgumentException($"The encoded digest is {length} bytes long, the destination {destination.Length}.", nameof(destination));
        return Write(final, destination[..length]);
    }

    /// <summary>What <see cref="Encode"/> writes, in an array of its own. Of the reading nothing stays in the digest.</summary>
    public byte[] ToBytes()
    {
        StoredForm final = Stored();
        int most = HeaderLength + (final.Cells.Length * StoredCell.Longest) + CrcLength;
        if (workspace is null || workspace.Length < most)
            workspace = new byte[most];
        byte[] bytes = workspace.AsSpan(0, Write(final, workspace)).ToArray();
        view = null;
        stored = null;
        return bytes;
    }

    /// <summary>Reads what <see cref="Encode"/> wrote; false, and an empty digest, for any other bytes.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out TDigest digest)
    {
        digest = new TDigest();
        if (bytes.Length <= CrcLength || bytes[0] != Version
            || ByteParts.Crc(bytes[..^CrcLength]) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[^CrcLength..]))
            return false;
        ReadOnlySpan<byte> rest = bytes[1..^CrcLength];
        if (!ByteParts.TryReadVarint(ref rest, out ulong compression) || compression is < MinCompression or > MaxCompression
            || !ByteParts.TryReadVarint(ref rest, out ulong length) || length > compression
            || !ByteParts.TryReadVarint(ref rest, out ulong count)
            || !ByteParts.TryReadVarint(ref rest, out ulong sixteenths))
            return false;
        // At most MaxCompression, whatever the bytes say.
        Span<Cell> read = stackalloc Cell[(int)length];
        long key = 0;
        for (int i = 0; i < read.Length; i++)
            if (!StoredCell.TryRead(ref rest, ref key, i == 0, out read[i]))
                return false;
        if (!rest.IsEmpty || !TryAssemble((int)compression, read, sixteenths / DoubtUnits, out TDigest result) || (ulong)result.Count != count)
            return false;
        result.written = true;
        digest = result;
        return true;
    }

    /// <summary>A digest of these cells, where they are such as a final form has.</summary>
    private static bool TryAssemble(int compression, Span<Cell> read, double boundaryDoubt, out TDigest digest)
    {
        digest = new TDigest();
        long count = 0;
        for (int i = 0; i < read.Length; i++)
        {
            // The ends are the minimum and the maximum.
            bool end = i == 0 || i == read.Length - 1;
            if ((end && !read[i].IsPure) || (i > 0 && !(read[i - 1].High < read[i].Low)) || read[i].Weight > long.MaxValue - count)
                return false;
            count += read[i].Weight;
        }
        BoundaryDoubt.Add(read, compression, boundaryDoubt);
        digest = new TDigest(compression);
        digest.Keep(read);
        digest.settledCount = count;
        return true;
    }

    /// <summary>Writes into the destination, or only counts where it is empty.</summary>
    private int Write(StoredForm final, Span<byte> destination)
    {
        Span<byte> scratch = stackalloc byte[StoredCell.Longest];
        // What is read is a product of this number: a rounding of that must not become one more when it is written again.
        ulong sixteenths = (ulong)Math.Ceiling(final.Doubt * DoubtUnits * (1 - 1e-12));
        int at = 0;
        scratch[0] = Version;
        Put(scratch[..1], destination, ref at);
        foreach (ulong number in (ReadOnlySpan<ulong>)[(ulong)Compression, (ulong)final.Cells.Length, (ulong)Count, sixteenths])
            Put(scratch[..ByteParts.WriteVarint(number, scratch)], destination, ref at);
        long before = 0;
        foreach (ref readonly Cell cell in final.Cells.AsSpan())
            Put(scratch[..StoredCell.Write(cell, ref before, scratch)], destination, ref at);
        if (!destination.IsEmpty)
            BinaryPrimitives.WriteUInt32LittleEndian(destination[at..], ByteParts.Crc(destination[..at]));
        return at + CrcLength;
    }

    private static void Put(ReadOnlySpan<byte> bytes, Span<byte> destination, ref int at)
    {
        if (!destination.IsEmpty)
            bytes.CopyTo(destination[at..]);
        at += bytes.Length;
    }
}
