using System.Buffers.Binary;
using System.Numerics;

namespace StreamAgg.Core.Digests;

/// <content>
/// The bytes of a digest, version 1. A varint is an unsigned LEB128: seven bits a byte, the lowest first, no longer than it must be.
/// <code>
/// 1 byte   version: 1
/// varint   compression, 20 to 1,000
/// varint   number of centroids, at most the compression
/// varint   count: the sum of all weights
/// varint   by how many sixteenths of a full cell the rank of a boundary may be off, rounded up; at most 2^20
/// then for each centroid, ascending:
///   varint   2 * weight, + 1 where it is not pure (its values differ); the first and the last are pure: minimum and maximum
///   1 byte   16 * z + s: the mean's step from the one before it (0 for the first) is s bytes long once its z lowest bytes, all zero, are left out
///   s bytes  the step, the lowest byte first. A mean's key is its IEEE 754 bits, for a negative one with all but the sign inverted:
///            keys sort as the means do. The first step is the key as it is, all others are differences, modulo 2^64
/// 4 bytes  CRC-32C of everything before, the lowest byte first
/// </code>
/// Equal states give equal bytes. An empty digest has no centroids. Nothing but this is accepted when reading.
/// </content>
public sealed partial class TDigest
{
    private const byte Version = 1;
    private const int CrcLength = 4;
    private const int LongestVarint = 10;
    private const double DoubtUnits = 16;
    private const ulong MostDoubt = 1 << 20;

    /// <summary>The number of bytes that <see cref="Encode"/> writes now.</summary>
    public int EncodedLength => Write(Final(out double boundaryDoubt), boundaryDoubt, []);

    /// <summary>Writes the final form; the digest itself stays as it is.</summary>
    /// <param name="destination">At least <see cref="EncodedLength"/> bytes.</param>
    /// <returns>The number of bytes written.</returns>
    /// <exception cref="ArgumentException">The destination is too short; nothing has been written.</exception>
    public int Encode(Span<byte> destination)
    {
        ReadOnlySpan<Cell> final = Final(out double boundaryDoubt);
        int length = Write(final, boundaryDoubt, []);
        if (destination.Length < length)
            throw new ArgumentException($"The encoded digest is {length} bytes long, the destination {destination.Length}.", nameof(destination));
        return Write(final, boundaryDoubt, destination[..length]);
    }

    /// <summary>Reads what <see cref="Encode"/> wrote; false, and an empty digest, for any other bytes.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out TDigest digest)
    {
        digest = new TDigest();
        if (bytes.Length <= CrcLength || bytes[0] != Version
            || Crc(bytes[..^CrcLength]) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[^CrcLength..]))
            return false;
        ReadOnlySpan<byte> rest = bytes[1..^CrcLength];
        if (!TryReadVarint(ref rest, out ulong compression) || compression is < MinCompression or > MaxCompression
            || !TryReadVarint(ref rest, out ulong length) || length > compression
            || !TryReadVarint(ref rest, out ulong count)
            || !TryReadVarint(ref rest, out ulong sixteenths) || sixteenths > MostDoubt)
            return false;
        // At most MaxCompression of each, whatever the bytes say.
        Span<double> means = stackalloc double[(int)length];
        Span<long> weights = stackalloc long[(int)length];
        Span<bool> pure = stackalloc bool[(int)length];
        long key = 0;
        for (int i = 0; i < (int)length; i++)
        {
            if (!TryReadVarint(ref rest, out ulong weight) || !TryReadStep(ref rest, out long step))
                return false;
            weights[i] = (long)(weight >> 1);
            pure[i] = (weight & 1) == 0;
            key += step;
            means[i] = OrderedBits.ToDouble(key);
        }
        return rest.IsEmpty && TryAssemble((int)compression, means, weights, pure, sixteenths / DoubtUnits, out digest)
            && (ulong)digest.Count == count;
    }

    /// <summary>Writes into the destination, or only counts where it is empty.</summary>
    private int Write(ReadOnlySpan<Cell> final, double boundaryDoubt, Span<byte> destination)
    {
        Span<byte> scratch = stackalloc byte[(2 * LongestVarint) + 1];
        bool counting = destination.IsEmpty;
        int at = 0;
        scratch[0] = Version;
        Put(scratch[..1], destination, ref at);
        Put(scratch[..Varint((ulong)Compression, scratch)], destination, ref at);
        Put(scratch[..Varint((ulong)final.Length, scratch)], destination, ref at);
        Put(scratch[..Varint((ulong)Count, scratch)], destination, ref at);
        ulong sixteenths = (ulong)Math.Min(MostDoubt, Math.Ceiling(boundaryDoubt * DoubtUnits));
        Put(scratch[..Varint(sixteenths, scratch)], destination, ref at);
        long before = 0;
        foreach (ref readonly Cell cell in final)
        {
            int length = Varint(((ulong)cell.Weight << 1) | (cell.IsPure ? 0UL : 1UL), scratch);
            long key = OrderedBits.Of(cell.Mean);
            length += WriteStep(key - before, scratch[length..]);
            before = key;
            Put(scratch[..length], destination, ref at);
        }
        if (!counting)
            BinaryPrimitives.WriteUInt32LittleEndian(destination[at..], Crc(destination[..at]));
        return at + CrcLength;
    }

    private static void Put(ReadOnlySpan<byte> bytes, Span<byte> destination, ref int at)
    {
        if (!destination.IsEmpty)
            bytes.CopyTo(destination[at..]);
        at += bytes.Length;
    }

    private static int Varint(ulong value, Span<byte> destination)
    {
        int length = 0;
        for (; value >= 0x80; value >>= 7)
            destination[length++] = (byte)(value | 0x80);
        destination[length++] = (byte)value;
        return length;
    }

    private static bool TryReadVarint(ref ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        for (int i = 0; i < bytes.Length && i < LongestVarint; i++)
        {
            value |= (ulong)(bytes[i] & 0x7f) << (7 * i);
            if (bytes[i] >= 0x80)
                continue;
            // The tenth byte has one bit to give; a last byte of 0 would be a longer form of the same number.
            bool valid = (i < LongestVarint - 1 || bytes[i] <= 1) && (i == 0 || bytes[i] != 0);
            bytes = bytes[(i + 1)..];
            return valid;
        }
        return false;
    }

    private static int WriteStep(long step, Span<byte> destination)
    {
        int zeros = step == 0 ? 0 : BitOperations.TrailingZeroCount(step) / 8;
        ulong significant = (ulong)step >> (8 * zeros);
        int length = 0;
        for (; significant != 0; significant >>= 8)
            destination[1 + length++] = (byte)significant;
        destination[0] = (byte)((zeros << 4) | length);
        return 1 + length;
    }

    private static bool TryReadStep(ref ReadOnlySpan<byte> bytes, out long step)
    {
        step = 0;
        if (bytes.IsEmpty)
            return false;
        int zeros = bytes[0] >> 4, length = bytes[0] & 15;
        if (zeros + length > 8 || bytes.Length <= length)
            return false;
        for (int i = 0; i < length; i++)
            step |= (long)bytes[1 + i] << (8 * (zeros + i));
        // The shortest form alone: no zero byte at either end, no z of nothing.
        bool shortest = length == 0 ? zeros == 0 : bytes[1] != 0 && bytes[length] != 0;
        bytes = bytes[(1 + length)..];
        return shortest;
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte b in bytes)
            crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
