using System.Buffers.Binary;
using StreamAgg.Digests.Cells;

namespace StreamAgg.Digests.Storing;

/// <summary>One cell as bytes; DigestBytes.cs tells what they mean.</summary>
internal static class StoredCell
{
    /// <summary>Weight, cut, end, mean.</summary>
    public const int Longest = ByteParts.LongestVarint + (2 * ByteParts.LongestStep) + sizeof(ushort);

    /// <summary>Added to the first byte of a cell's end where the cell does not begin right above the cut.</summary>
    private const byte BeginsLater = 0x80;

    /// <param name="cell">Begins above the cut.</param>
    /// <param name="cut">The key that the cell before ends at; then this one's.</param>
    /// <param name="destination">At least <see cref="Longest"/> bytes.</param>
    public static int Write(in Cell cell, ref long cut, Span<byte> destination)
    {
        long end = OrderedBits.Of(cell.High);
        int length = ByteParts.WriteVarint(((ulong)cell.Weight << 1) | (cell.IsPure ? 0UL : 1UL), destination);
        int mark = length;
        length += ByteParts.WriteStep(end - cut, destination[length..]);
        if (!cell.IsPure)
        {
            long begin = OrderedBits.Of(cell.Low) - 1;
            if (begin != cut)
            {
                destination[mark] |= BeginsLater;
                length += ByteParts.WriteStep(begin - cut, destination[length..]);
            }
            BinaryPrimitives.WriteUInt16LittleEndian(destination[length..], MeanPlace.Of(cell));
            length += sizeof(ushort);
        }
        cut = end;
        return length;
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <returns>False where no writer writes such bytes.</returns>
    public static bool TryRead(ref ReadOnlySpan<byte> bytes, ref long cut, bool first, out Cell cell)
    {
        cell = default;
        if (!ByteParts.TryReadVarint(ref bytes, out ulong mark))
            return false;
        long weight = (long)(mark >> 1), before = cut;
        bool isPure = (mark & 1) == 0, beginsLater = !isPure && !bytes.IsEmpty && (bytes[0] & BeginsLater) != 0;
        if (weight < (isPure ? 1 : 2) || !ByteParts.TryReadStep(ref bytes, beginsLater ? BeginsLater : (byte)0, out long step))
            return false;
        long begin = before, end = unchecked(before + step);
        if (beginsLater)
        {
            if (!ByteParts.TryReadStep(ref bytes, 0, out step) || step == 0)
                return false;
            begin = unchecked(before + step);
        }
        cut = end;
        if (!first && (begin < before || end < before))
            return false;
        double high = OrderedBits.ToDouble(end);
        if (isPure)
        {
            cell = Cell.Pure(high, weight);
            return double.IsFinite(high);
        }
        double low = OrderedBits.ToDouble(unchecked(begin + 1));
        if (!double.IsFinite(low) || !double.IsFinite(high) || !(low < high) || bytes.Length < sizeof(ushort))
            return false;
        ushort place = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        bytes = bytes[sizeof(ushort)..];
        cell = new Cell(low, high, MeanPlace.At(place, low, high), weight);
        return MeanPlace.Of(cell) == place;
    }
}
