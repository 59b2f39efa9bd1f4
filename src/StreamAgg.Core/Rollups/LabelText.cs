using System.Text;

namespace StreamAgg.Core.Rollups;

/// <summary>What becomes of a label before it is counted under.</summary>
internal static class LabelText
{
    /// <summary>Cuts U+0009 to U+000D and U+0020 at both ends: no more, since other white space may be what tells two labels apart.</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> label)
    {
        if (label.Length > 0 && label[0] > ' ' && label[^1] > ' ')
            return label;
        int start = 0, end = label.Length;
        while (start < end && IsWhiteSpace(label[start]))
            start++;
        while (end > start && IsWhiteSpace(label[end - 1]))
            end--;
        return label[start..end];
    }

    /// <summary>As <c>ToLowerInvariant</c> has it, without a string in between.</summary>
    /// <param name="label">At most <see cref="Rollup.MostCodePoints"/> code points.</param>
    /// <param name="destination">Four bytes for each.</param>
    /// <returns>How many bytes it has now: as many code points, but some of them take other lengths.</returns>
    public static int ToLower(ReadOnlySpan<byte> label, Span<byte> destination)
    {
        if (Ascii.ToLower(label, destination, out int written) == System.Buffers.OperationStatus.Done)
            return written;
        Span<char> text = stackalloc char[Rollup.MostCodePoints * 2], lower = stackalloc char[text.Length];
        int length = Encoding.UTF8.GetChars(label, text);
        text[..length].ToLowerInvariant(lower);
        return Encoding.UTF8.GetBytes(lower[..length], destination);
    }

    private static bool IsWhiteSpace(byte unit) => unit is ((byte)' ') or (>= (byte)'\t' and <= (byte)'\r');
}
