using System.Globalization;

namespace StreamAgg.Core.Events;

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

    public bool Contains(int place) => ranges.Exists(range => place >= range.First && place <= range.Last);

    /// <returns>Null where the text holds anything else.</returns>
    public static EventPlaces? TryParse(string text)
    {
        var places = new EventPlaces();
        foreach (string range in text.Split(','))
        {
            int dash = range.IndexOf('-', StringComparison.Ordinal);
            if (!TryRead(dash < 0 ? range : range[..dash], out int first) || !TryRead(range[(dash + 1)..], out int last))
                return null;
            places.ranges.Add((first, last));
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

    private static bool TryRead(string digits, out int place) => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out place);
}
