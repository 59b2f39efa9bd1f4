using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Store;

namespace StreamAgg.Pipeline.Recounting;

/// <summary>Counts the events of a range of hours anew, over all partitions at once. Not thread-safe.</summary>
/// <remarks>
/// Memory: 0.4 kB an hour and label, and its digest: 10 to 26 kB where durations came lately, 1 kB where none did
/// among the last <see cref="RestAfter"/> events. Labels are bounded as in a partition's hour.
/// </remarks>
/// <param name="from">The first hour.</param>
/// <param name="to">The first one that is not counted.</param>
/// <param name="maxPlatforms">Labels of an hour past which new ones are counted under <see cref="HourPartials.OtherPlatform"/>.</param>
/// <param name="compression">Of the digests.</param>
public sealed class HourRecount(Hour from, Hour to, int maxPlatforms, int compression) : IEventSink
{
    /// <summary>Events between two looks at which digests still grow.</summary>
    private const int RestAfter = 1_000_000;

    private readonly Dictionary<int, HourPartials> hours = [];
    private HourPartials? last;
    private int sinceRest;

    /// <summary>Events that were counted.</summary>
    public long Events { get; private set; }

    /// <summary>Hours and labels that it holds.</summary>
    public int Partials => hours.Values.Sum(hour => hour.Count);

    public void Count(in DecodedEvent e, ReadOnlySpan<byte> label)
    {
        Hour hour = e.Time.Hour;
        if (hour.CompareTo(from) < 0 || hour.CompareTo(to) >= 0)
            return;
        Partial partial = HourOf(hour).Get(label);
        partial.Count(e);
        partial.Changed = true;
        Events++;
        if (++sinceRest == RestAfter)
            Rest();
    }

    /// <summary>Adds what was counted elsewhere to its hour, whichever that is.</summary>
    public void Add(PartialRow row)
    {
        HourPartials partials = HourOf(row.Hour);
        Partial added = Partial.Restore(row.Hour, row.Platform, compression, row.Totals, row.Digest);
        if (partials.TryGet(row.Platform, out Partial? partial))
            partial.Absorb(added);
        else
            partials.Put(added);
        Events += row.Totals.RequestCount;
    }

    /// <summary>What was counted, by hour and label. Counting may go on.</summary>
    public IReadOnlyList<PartialRow> Rows() =>
    [
        .. hours.Values.SelectMany(hour => hour.Partials)
            .Select(partial => new PartialRow(partial.Hour, partial.Platform, partial.Totals, partial.EncodeDigest()))
            .OrderBy(row => row.Key),
    ];

    private HourPartials HourOf(Hour hour)
    {
        if (last is not null && last.Hour == hour)
            return last;
        if (!hours.TryGetValue(hour.SinceEpoch, out HourPartials? partials))
            hours.Add(hour.SinceEpoch, partials = new HourPartials(hour, maxPlatforms, compression));
        last = partials;
        return partials;
    }

    private void Rest()
    {
        sinceRest = 0;
        foreach (Partial partial in hours.Values.SelectMany(hour => hour.Partials))
        {
            if (!partial.Changed)
                partial.Rest();
            partial.Changed = false;
        }
    }
}
