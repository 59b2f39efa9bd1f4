using System.Buffers.Binary;
using System.Numerics;

namespace StreamAgg.Digests.Storing;

/// <summary>The parts that a digest's bytes are made of. Each number has one form only: what is longer than it must be is refused.</summary>
internal static class ByteParts
{
    public const int LongestVarint = 10;
    public const int LongestStep = 9;

    /// <returns>How many bytes, ten at most.</returns>
    public static int WriteVarint(ulong value, Span<byte> destination)
    {
        int length = 0;
        for (; value >= 0x80; value >>= 7)
            destination[length++] = (byte)(value | 0x80);
        destination[length++] = (byte)value;
        return length;
    }

    public static bool TryReadVarint(ref ReadOnlySpan<byte> bytes, out ulong value)
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

    /// <returns>How many bytes, nine at most.</returns>
    public static int WriteStep(long step, Span<byte> destination)
    {
        int zeros = step == 0 ? 0 : BitOperations.TrailingZeroCount(step) / 8;
        ulong significant = (ulong)step >> (8 * zeros);
        int length = 0;
        for (; significant != 0; significant >>= 8)
            destination[1 + length++] = (byte)significant;
        destination[0] = (byte)((zeros << 4) | length);
        return 1 + length;
    }

    /// <param name="bytes">Moves on behind the step.</param>
    /// <param name="mark">What was added to the first byte.</param>
    /// <param name="step">What was written.</param>
    public static bool TryReadStep(ref ReadOnlySpan<byte> bytes, byte mark, out long step)
    {
        step = 0;
        if (bytes.IsEmpty)
            return false;
        int first = bytes[0] - mark, zeros = first >> 4, length = first & 15;
        if (zeros + length > 8 || bytes.Length <= length)
            return false;
        for (int i = 0; i < length; i++)
            step |= (long)bytes[1 + i] << (8 * (zeros + i));
        // The shortest form alone: no zero byte at either end, no z of nothing.
        bool shortest = length == 0 ? zeros == 0 : bytes[1] != 0 && bytes[length] != 0;
        bytes = bytes[(1 + length)..];
        return shortest;
    }

    public static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte b in bytes)
            crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
