using System.Buffers.Binary;
using StreamAgg.Digests.Cells;

namespace StreamAgg.Digests.Storing;

/// <summary>A digest as bytes, and back.</summary>
/// <remarks>
/// A varint is an unsigned LEB128: seven bits a byte, the lowest first, no longer than it must be.
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
/// </remarks>
internal static class DigestBytes
{
    private const byte Version = 1;
    private const int CrcLength = 4;

    /// <summary>The version and four numbers.</summary>
    private const int HeaderLength = 1 + (4 * ByteParts.LongestVarint);

    private const double DoubtUnits = 16;

    /// <summary>Where all digests of a thread are written before their length is known.</summary>
    [ThreadStatic]
    private static byte[]? writing;

    /// <summary>Where the cells of all digests of a thread are read.</summary>
    [ThreadStatic]
    private static Cell[]? reading;

    /// <returns>An array of just that length.</returns>
    public static byte[] Write(StoredForm form)
    {
        int most = HeaderLength + (form.Cells.Length * StoredCell.Longest) + CrcLength;
        if (writing is null || writing.Length < most)
            writing = new byte[most];
        Span<byte> bytes = writing;
        int at = 0;
        bytes[at++] = Version;
        foreach (ulong number in (ReadOnlySpan<ulong>)[(ulong)form.Compression, (ulong)form.Cells.Length, (ulong)form.Count, Sixteenths(form.Doubt)])
            at += ByteParts.WriteVarint(number, bytes[at..]);
        long cut = 0;
        foreach (ref readonly Cell cell in form.Cells.AsSpan())
            at += StoredCell.Write(cell, ref cut, bytes[at..]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], ByteParts.Crc(bytes[..at]));
        return bytes[..(at + CrcLength)].ToArray();
    }

    /// <summary>Reads what <see cref="Write"/> wrote; false for any other bytes.</summary>
    /// <param name="bytes">Any bytes at all.</param>
    /// <param name="count">How many values it has counted.</param>
    /// <param name="cells">Its final form's, until this thread reads the next one.</param>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out int compression, out long count, out ReadOnlySpan<Cell> cells)
    {
        compression = 0;
        count = 0;
        cells = [];
        if (bytes.Length <= CrcLength || bytes[0] != Version
            || ByteParts.Crc(bytes[..^CrcLength]) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[^CrcLength..]))
            return false;
        ReadOnlySpan<byte> rest = bytes[1..^CrcLength];
        if (!ByteParts.TryReadVarint(ref rest, out ulong most) || most is < StoredForm.MinCompression or > StoredForm.MaxCompression
            || !ByteParts.TryReadVarint(ref rest, out ulong length) || length > most
            || !ByteParts.TryReadVarint(ref rest, out ulong sum)
            || !ByteParts.TryReadVarint(ref rest, out ulong sixteenths))
            return false;
        // At most the greatest compression, whatever the bytes say.
        if (reading is null || reading.Length < (int)length)
            reading = new Cell[(int)most];
        Span<Cell> read = reading.AsSpan(0, (int)length);
        long cut = 0;
        for (int i = 0; i < read.Length; i++)
            if (!StoredCell.TryRead(ref rest, ref cut, i == 0, out read[i]))
                return false;
        if (!rest.IsEmpty || !StoredForm.TryRestore((int)most, read, sixteenths / DoubtUnits, out count) || (ulong)count != sum)
            return false;
        // No boundary can be off by more than all values: a greater doubt would come back as a smaller one.
        if (sixteenths > 0 && Sixteenths(BoundaryDoubt.Of(read, (int)most)) != sixteenths)
            return false;
        compression = (int)most;
        cells = read;
        return true;
    }

    /// <summary>What is read is a product of this number: a rounding of that must not become one more when it is written again.</summary>
    private static ulong Sixteenths(double doubt) => (ulong)Math.Ceiling(doubt * DoubtUnits * (1 - 1e-12));
}
