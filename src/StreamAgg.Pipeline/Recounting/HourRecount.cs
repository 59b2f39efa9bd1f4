using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Events;
using StreamAgg.Core.Rollups;
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
/// <param name="rollups">What is counted by, in the order of events' labels.</param>
/// <param name="compression">Of the digests.</param>
public sealed class HourRecount(Hour from, Hour to, IReadOnlyList<Rollup> rollups, int compression) : IEventSink
{
    /// <summary>Events between two looks at which digests still grow.</summary>
    private const int RestAfter = 1_000_000;

    private readonly Dictionary<int, HourTables> hours = [];
    private HourTables? last;
    private int sinceRest;

    /// <summary>Events that were counted.</summary>
    public long Events { get; private set; }

    /// <summary>Hours and labels that it holds.</summary>
    public int Partials => hours.Values.Sum(hour => hour.Count);

    public void Count(in DecodedEvent e, EventLabels labels)
    {
        Hour hour = e.Time.Hour;
        if (hour.CompareTo(from) < 0 || hour.CompareTo(to) >= 0)
            return;
        ReadOnlySpan<HourPartials> tables = HourOf(hour).Tables;
        for (int rollup = 0; rollup < tables.Length; rollup++)
        {
            Partial partial = tables[rollup].Get(labels[rollup]);
            partial.Count(e);
            partial.Changed = true;
        }
        Events++;
        if (++sinceRest == RestAfter)
            Rest();
    }

    /// <summary>Adds what was counted elsewhere to its hour, whichever that is.</summary>
    public void Add(PartialRow row)
    {
        // Of a rollup that is not known here nothing is to be told.
        if (HourOf(row.Hour).Of(row.Rollup) is not { } partials)
            return;
        Partial added = Partial.Restore(row.Hour, row.Label, compression, row.Totals, row.Digests, row.Rollup);
        if (partials.TryGet(row.Label, out Partial? partial))
            partial.Absorb(added);
        else
            partials.Put(added);
        if (row.Rollup == Rollup.Platform)
            Events += row.Totals.RequestCount;
    }

    /// <summary>What was counted, by hour and label. Counting may go on.</summary>
    public IReadOnlyList<PartialRow> Rows() =>
    [
        .. hours.Values.SelectMany(hour => hour.Partials)
            .Select(partial => new PartialRow(partial.Hour, partial.Label, partial.Totals, partial.EncodeDigest(), partial.Rollup))
            .OrderBy(row => row.Key),
    ];

    private HourTables HourOf(Hour hour)
    {
        if (last is not null && last.Hour == hour)
            return last;
        if (!hours.TryGetValue(hour.SinceEpoch, out HourTables? partials))
            hours.Add(hour.SinceEpoch, partials = new HourTables(hour, rollups, compression));
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
