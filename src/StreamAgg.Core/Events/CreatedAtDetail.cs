using System.Text;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Shapes;

namespace StreamAgg.Core.Events;

/// <summary>Says what is wrong with a time that is written as text, and how it is written right.</summary>
internal static class CreatedAtDetail
{
    /// <param name="text">Neither RFC 3339 with a zone nor a number.</param>
    public static string Of(ReadOnlySpan<byte> text)
    {
        string shown = RefusalDetail.Quoted(text);
        if (Rfc3339.TryParseLocal(text, out _, out int zoneStart))
        {
            string local = Encoding.ASCII.GetString(text[..zoneStart]).Replace(' ', 'T');
            return zoneStart == text.Length
                ? $"{shown} has no zone: write {Short(local)}Z where it is UTC, else the offset behind it, such as +08:00"
                : OfZone(text[zoneStart..], shown);
        }
        ReadOnlySpan<byte> trimmed = LabelText.Trim(text);
        if (trimmed.Length < text.Length && (Rfc3339.TryParse(trimmed, out _) || JsonNumber.IsNumber(trimmed)))
            return $"{shown} has white space at an end: leave it out";
        if (text.Length == 10 && Rfc3339.TryParse([.. text, .. "T00:00:00Z"u8], out _))
            return $"{shown} has no time of day and no zone: write it as 2025-01-31T10:00:00Z";
        return Rfc3339.HasItsShape(text)
            ? $"{shown} is no date and time of the calendar"
            : $"created_at must be RFC 3339 with a zone, such as 2025-01-31T10:00:00Z, or a number, not {shown}";
    }

    private static string OfZone(ReadOnlySpan<byte> zone, string shown)
    {
        ReadOnlySpan<byte> trimmed = LabelText.Trim(zone);
        if (trimmed.Length < zone.Length && Rfc3339.TryParseZone(trimmed, out _))
            return $"{shown} has white space beside its zone: leave it out";
        string written = RefusalDetail.Cut(trimmed);
        if (Offset(trimmed) is { } offset)
            return offset.Hours <= 23 && offset.Minutes <= 59
                ? $"the offset {written} is written {written[0]}{offset.Hours:00}:{offset.Minutes:00}"
                : $"the offset {written} is none: 23:59 is the largest";
        return Ascii.EqualsIgnoreCase(trimmed, "UTC"u8) || Ascii.EqualsIgnoreCase(trimmed, "GMT"u8)
            ? $"the zone {written} is written Z"
            : $"the zone {written} is not understood: write Z, or an offset such as +08:00, right behind the time";
    }

    /// <summary>A sign and one to four digits, of which the last two are minutes where there are over two or a colon stands before them.</summary>
    private static (int Hours, int Minutes)? Offset(ReadOnlySpan<byte> zone)
    {
        if (zone.Length < 2 || zone[0] is not ((byte)'+' or (byte)'-'))
            return null;
        ReadOnlySpan<byte> digits = zone[1..];
        int colon = digits.IndexOf((byte)':');
        int hourDigits = colon >= 0 ? colon : digits.Length <= 2 ? digits.Length : digits.Length - 2;
        ReadOnlySpan<byte> hours = digits[..hourDigits], minutes = digits[(colon >= 0 ? colon + 1 : hourDigits)..];
        return hours.Length is 1 or 2 && minutes.Length <= 2 && IsDigits(hours) && IsDigits(minutes) && (colon < 0 || minutes.Length > 0)
            ? (Value(hours), Value(minutes))
            : null;
    }

    private static bool IsDigits(ReadOnlySpan<byte> text) => !text.ContainsAnyExceptInRange((byte)'0', (byte)'9');

    private static int Value(ReadOnlySpan<byte> digits)
    {
        int value = 0;
        foreach (byte digit in digits)
            value = (value * 10) + (digit - '0');
        return value;
    }

    /// <summary>Without the digits that nobody counts.</summary>
    private static string Short(string local) => local.Length <= 27 ? local : local[..27];
}
