using System.Text;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;

namespace StreamAgg.Traffic.Recount;

/// <summary>
/// Counts events once more and holds the tables' rows against it. Memory: some 300 bytes a row, and the durations of hours that have few. Not
/// thread-safe.
/// </summary>
/// <param name="hourly">The rows that were found.</param>
/// <param name="daily">The rows that were found.</param>
/// <param name="from">Hours from it on are counted.</param>
/// <param name="to">Up to it, not including.</param>
/// <param name="compression">The digests' own.</param>
public sealed class ExactRecount(IReadOnlyList<PublishedRow> hourly, IReadOnlyList<PublishedRow> daily, Hour from, Hour to, int compression)
    : IEventSink
{
    private readonly Rows hours = new(RowTable.Hourly, hourly, compression), days = new(RowTable.Daily, daily, compression);

    /// <summary>Events that were counted.</summary>
    public long Events { get; private set; }

    public void Count(in DecodedEvent e, ReadOnlySpan<byte> label)
    {
        Hour hour = e.Time.Hour;
        if (hour.CompareTo(from) < 0 || hour.CompareTo(to) >= 0)
            return;
        Events++;
        hours.Of(hour.SinceEpoch, hour.Start, label).Count(e);
        days.Of(hour.Day.SinceEpoch, hour.Day.Start, label).Count(e);
    }

    /// <summary>Adds one event that was counted elsewhere.</summary>
    public void Add(Hour hour, string platform, in BucketTotals one)
    {
        if (hour.CompareTo(from) < 0 || hour.CompareTo(to) >= 0)
            return;
        Events++;
        byte[] label = Encoding.UTF8.GetBytes(platform);
        hours.Of(hour.SinceEpoch, hour.Start, label).Add(one);
        days.Of(hour.Day.SinceEpoch, hour.Day.Start, label).Add(one);
    }

    /// <summary>Compares what is to be compared.</summary>
    /// <param name="table">Which rows.</param>
    /// <param name="isCompared">False for a row that is in motion, or nobody's to judge.</param>
    public TallyVerdict Compare(RowTable table, Func<TallyKey, bool> isCompared)
    {
        Rows rows = table == RowTable.Hourly ? hours : days;
        return new TallyComparison(compression).Compare(
            table,
            [.. rows.All.Where(row => isCompared(row.Key)).OrderBy(row => row.Key.Start).ThenBy(row => row.Key.Platform, StringComparer.Ordinal)],
            [.. rows.Found.Where(row => isCompared(new TallyKey(row.Start, row.Platform)))]);
    }

    private sealed class Rows(RowTable table, IReadOnlyList<PublishedRow> found, int compression)
    {
        private readonly Dictionary<int, Dictionary<string, RankedRow>> byBucket = [];
        private readonly Dictionary<TallyKey,
            double?> p99 = found.ToDictionary(row => new TallyKey(row.Start, row.Platform), row => row.Get<double?>("p99_latency_ms"));
        private (int Bucket, Dictionary<string, RankedRow> Rows)? last;

        public IReadOnlyList<PublishedRow> Found => found;

        public IEnumerable<RankedRow> All => byBucket.Values.SelectMany(rows => rows.Values);

        public RankedRow Of(int bucket, Instant start, ReadOnlySpan<byte> label)
        {
            if (last is not { } known || known.Bucket != bucket)
            {
                if (!byBucket.TryGetValue(bucket, out Dictionary<string, RankedRow>? rows))
                    byBucket.Add(bucket, rows = []);
                last = known = (bucket, rows);
            }
            Span<char> text = stackalloc char[256];
            text = text[..Encoding.UTF8.GetChars(label, text)];
            var lookup = known.Rows.GetAlternateLookup<ReadOnlySpan<char>>();
            if (lookup.TryGetValue(text, out RankedRow? row))
                return row;
            var key = new TallyKey(start, text.ToString());
            known.Rows.Add(key.Platform, row = new RankedRow(table, key, p99.GetValueOrDefault(key) ?? double.NaN, compression));
            return row;
        }
    }
}
