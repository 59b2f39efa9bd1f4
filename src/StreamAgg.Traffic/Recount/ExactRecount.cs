using System.Text;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Events;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;

namespace StreamAgg.Traffic.Recount;

/// <summary>A table that is held against a recount.</summary>
/// <param name="Rollup">Its rollup's place among an event's labels.</param>
/// <param name="Found">The rows that were found.</param>
public sealed record FoundTable(RowTable Table, int Rollup, IReadOnlyList<PublishedRow> Found);

/// <summary>
/// Counts events once more and holds the tables' rows against it. Memory: some 300 bytes a row, and the values of hours that have few. Not
/// thread-safe.
/// </summary>
/// <param name="tables">What is compared.</param>
/// <param name="from">Hours from it on are counted.</param>
/// <param name="to">Up to it, not including.</param>
/// <param name="compression">The digests' own.</param>
public sealed class ExactRecount(IReadOnlyList<FoundTable> tables, Hour from, Hour to, int compression) : IEventSink
{
    private readonly Rows[] all = [.. tables.Select(table => new Rows(table, compression))];

    public ExactRecount(IReadOnlyList<PublishedRow> hourly, IReadOnlyList<PublishedRow> daily, Hour from, Hour to, int compression)
        : this([new(RowTable.Hourly, 0, hourly), new(RowTable.Daily, 0, daily)], from, to, compression)
    {
    }

    /// <summary>Events that were counted.</summary>
    public long Events { get; private set; }

    public void Count(in DecodedEvent e, EventLabels labels)
    {
        Hour hour = e.Time.Hour;
        if (hour.CompareTo(from) < 0 || hour.CompareTo(to) >= 0)
            return;
        Events++;
        foreach (Rows rows in all)
            rows.Of(hour, labels[rows.Rollup]).Count(e);
    }

    /// <summary>Adds one event that was counted elsewhere.</summary>
    /// <param name="labels">In each rollup.</param>
    public void Add(Hour hour, IReadOnlyList<string> labels, in BucketTotals one)
    {
        if (hour.CompareTo(from) < 0 || hour.CompareTo(to) >= 0)
            return;
        Events++;
        foreach (Rows rows in all)
            rows.Of(hour, Encoding.UTF8.GetBytes(labels[rows.Rollup])).Add(one);
    }

    /// <summary>Compares what is to be compared.</summary>
    /// <param name="table">Which rows.</param>
    /// <param name="isCompared">False for a row that is in motion, or nobody's to judge.</param>
    public TallyVerdict Compare(RowTable table, Func<TallyKey, bool> isCompared)
    {
        Rows rows = Array.Find(all, rows => rows.Table == table) ?? throw new ArgumentException($"{table.Name} was not counted.", nameof(table));
        return new TallyComparison(compression).Compare(
            table,
            [.. rows.All.Where(row => isCompared(row.Key)).OrderBy(row => row.Key.Start).ThenBy(row => row.Key.Label, StringComparer.Ordinal)],
            [.. rows.Found.Where(row => isCompared(new TallyKey(row.Start, row.Label)))]);
    }

    private sealed class Rows(FoundTable table, int compression)
    {
        private readonly Dictionary<int, Dictionary<string, RankedRow>> byBucket = [];
        private readonly Dictionary<TallyKey, PublishedRow> found = table.Found.ToDictionary(row => new TallyKey(row.Start, row.Label));
        private (int Bucket, Dictionary<string, RankedRow> Rows)? last;
        private char[] text = new char[256];

        public RowTable Table => table.Table;

        public int Rollup => table.Rollup;

        public IReadOnlyList<PublishedRow> Found => table.Found;

        public IEnumerable<RankedRow> All => byBucket.Values.SelectMany(rows => rows.Values);

        public RankedRow Of(Hour hour, ReadOnlySpan<byte> label)
        {
            int bucket = Table.IsDaily ? hour.Day.SinceEpoch : hour.SinceEpoch;
            if (last is not { } known || known.Bucket != bucket)
            {
                if (!byBucket.TryGetValue(bucket, out Dictionary<string, RankedRow>? rows))
                    byBucket.Add(bucket, rows = []);
                last = known = (bucket, rows);
            }
            if (text.Length < label.Length)
                text = new char[label.Length];
            ReadOnlySpan<char> name = text.AsSpan(0, Encoding.UTF8.GetChars(label, text));
            if (known.Rows.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out RankedRow? row))
                return row;
            var key = new TallyKey(Table.IsDaily ? hour.Day.Start : hour.Start, name.ToString());
            known.Rows.Add(key.Label, row = new RankedRow(Table, key, found.GetValueOrDefault(key), compression));
            return row;
        }
    }
}
