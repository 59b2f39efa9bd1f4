using System.Globalization;

namespace StreamAgg.Core.Events;

/// <summary>An event, or a whole record, that was not counted, and why. It depends on the record and the configuration alone.</summary>
/// <param name="EventIndex">Its place in the record, from 0, of several the first's; <see cref="WholeRecord"/> where the record is refused.</param>
/// <param name="Detail">One line for a person: what was found, what is expected; of several events the first one's.</param>
/// <param name="Start">First byte of the refused event in the record's value.</param>
/// <param name="Length">How many bytes of the value the refused event takes.</param>
/// <param name="Events">1, or, where over a hundred of a record are refused, all of this reason; the bytes are the record's then.</param>
public readonly record struct Refusal(int EventIndex, string Reason, string Detail, int Start, int Length, int Events = 1)
{
    public const int WholeRecord = -1;

    /// <summary>The places of all of them, where it stands for the events of one reason; else null.</summary>
    public EventPlaces? Places { get; init; }
}

/// <summary>Why an event or a record is refused, in the order in which they are given where several hold.</summary>
public static class RefusalReason
{
    public const string MalformedJson = "malformed_json";
    public const string TooLarge = "too_large";
    public const string NotAnObject = "not_an_object";
    public const string UnknownShape = "unknown_shape";
    public const string BadFieldPrefix = "bad_field:";
    public const string BadPlatform = "bad_platform";
    public const string TooOld = "too_old";
    public const string InFuture = "in_future";
}

/// <summary>The places of events in their record, as ranges: <c>0-57,60</c>. Not thread-safe.</summary>
public sealed class EventPlaces
{
    /// <summary>Some 14 kB of text. A record whose refused events lie in more pieces does not tell their places.</summary>
    private const int MaxRanges = 1000;

    private readonly List<(int First, int Last)> ranges = [];
    private bool isTooMany;

    /// <param name="place">Larger than any before.</param>
    public void Add(int place)
    {
        if (ranges.Count > 0 && ranges[^1].Last == place - 1)
            ranges[^1] = (ranges[^1].First, place);
        else if (ranges.Count < MaxRanges)
            ranges.Add((place, place));
        else
            isTooMany = true;
    }

    public bool Contains(int place)
    {
        int at = ranges.BinarySearch((place, int.MaxValue));
        int before = at < 0 ? ~at - 1 : at;
        return before >= 0 && place <= ranges[before].Last;
    }

    /// <returns>Null where the text holds anything but ascending ranges, or more of them than are written.</returns>
    public static EventPlaces? TryParse(string text)
    {
        var places = new EventPlaces();
        int next = 0;
        foreach (var piece in text.AsSpan().Split(','))
        {
            ReadOnlySpan<char> range = text.AsSpan()[piece];
            int dash = range.IndexOf('-');
            if (!TryRead(dash < 0 ? range : range[..dash], out int first) || !TryRead(range[(dash + 1)..], out int last))
                return null;
            if (first < next || last < first || last == int.MaxValue || places.ranges.Count == MaxRanges)
                return null;
            places.ranges.Add((first, last));
            next = last + 1;
        }
        return places;
    }

    /// <returns>Empty where there are too many ranges.</returns>
    public override string ToString()
    {
        if (isTooMany)
            return "";
        return string.Join(',', ranges.Select(range => range.First == range.Last ? Text(range.First) : $"{Text(range.First)}-{Text(range.Last)}"));
    }

    private static string Text(int place) => place.ToString(CultureInfo.InvariantCulture);

    private static bool TryRead(ReadOnlySpan<char> digits, out int place) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out place);
}
