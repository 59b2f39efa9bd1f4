using System.Buffers.Binary;

namespace StreamAgg.Core.Digests;

/// <summary>One cell as bytes; TDigest.Encoding.cs tells what they mean.</summary>
internal static class StoredCell
{
    /// <summary>Weight, cut, end, mean.</summary>
    public const int Longest = DigestBytes.LongestVarint + (2 * DigestBytes.LongestStep) + sizeof(ushort);

    /// <param name="cell">Begins above the cut.</param>
    /// <param name="cut">The key that the cell before ends at; then this one's.</param>
    /// <param name="destination">At least <see cref="Longest"/> bytes.</param>
    public static int Write(in Cell cell, ref long cut, Span<byte> destination)
    {
        long end = OrderedBits.Of(cell.High);
        int length = DigestBytes.WriteVarint(((ulong)cell.Weight << 1) | (cell.IsPure ? 0UL : 1UL), destination);
        if (cell.IsPure)
        {
            length += DigestBytes.WriteStep(end - cut, destination[length..]);
        }
        else
        {
            long begin = OrderedBits.Of(cell.Low) - 1;
            length += DigestBytes.WriteStep(begin - cut, destination[length..]);
            length += DigestBytes.WriteStep(end - begin, destination[length..]);
            BinaryPrimitives.WriteUInt16LittleEndian(destination[length..], MeanPlace.Of(cell));
            length += sizeof(ushort);
        }
        cut = end;
        return length;
    }

    /// <summary>Version 1: weight and mean alone.</summary>
    public static int WriteMean(in Cell cell, ref long before, Span<byte> destination)
    {
        int length = DigestBytes.WriteVarint(((ulong)cell.Weight << 1) | (cell.IsPure ? 0UL : 1UL), destination);
        long key = OrderedBits.Of(cell.Mean);
        length += DigestBytes.WriteStep(key - before, destination[length..]);
        before = key;
        return length;
    }

    /// <summary>False where no writer writes such bytes.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> bytes, ref long cut, bool first, out Cell cell)
    {
        cell = default;
        if (!DigestBytes.TryReadVarint(ref bytes, out ulong mark) || !DigestBytes.TryReadStep(ref bytes, out long step))
            return false;
        long weight = (long)(mark >> 1), at = unchecked(cut + step);
        if (weight < 1 || (!first && at < cut))
            return false;
        if ((mark & 1) == 0)
        {
            cut = at;
            cell = Cell.Pure(OrderedBits.ToDouble(at), weight);
            return double.IsFinite(cell.Mean);
        }
        if (weight == 1 || !DigestBytes.TryReadStep(ref bytes, out step) || bytes.Length < sizeof(ushort))
            return false;
        cut = unchecked(at + step);
        double low = OrderedBits.ToDouble(unchecked(at + 1)), high = OrderedBits.ToDouble(cut);
        if (!double.IsFinite(low) || !double.IsFinite(high) || !(low < high))
            return false;
        ushort place = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        bytes = bytes[sizeof(ushort)..];
        cell = new Cell(low, high, MeanPlace.At(place, low, high), weight);
        return MeanPlace.Of(cell) == place;
    }
}
