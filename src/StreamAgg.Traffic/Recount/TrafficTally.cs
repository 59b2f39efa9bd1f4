using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Traffic.Generating;

namespace StreamAgg.Traffic.Recount;

/// <summary>Counts the same events once more in the plainest way: dictionaries, and every duration kept. The tables are judged by it.</summary>
/// <remarks>
/// It shares neither decoder nor digest nor sums with what it judges. Memory: 4 bytes a duration, 12 for those over 71 minutes. Not thread-safe.
/// </remarks>
public sealed class TrafficTally
{
    private readonly Dictionary<TallyKey, TallyBucket> hours = [];

    /// <summary>Events that were sent; a malformed record is one.</summary>
    public long Produced => Accepted + Refused;

    public long Accepted { get; private set; }

    /// <summary>Dead letters that there must be.</summary>
    public long Refused { get; private set; }

    public void Add(GeneratedRecord record)
    {
        foreach (ExpectedEvent e in record.Accepted)
            Add(e.IsFailure ? EventKind.Error : EventKind.Usage, e);
        Refused += record.RefusedCount;
    }

    /// <summary>Counts one event that must be in the tables.</summary>
    public void Add(EventKind kind, in ExpectedEvent e)
    {
        Accepted++;
        var key = new TallyKey(FloorTo(e.Time, TimeSpan.TicksPerHour), e.Platform);
        if (!hours.TryGetValue(key, out TallyBucket? bucket))
            hours[key] = bucket = new TallyBucket();
        bucket.Add(kind, e);
    }

    /// <summary>The rows that <c>ops_metrics_hourly</c> must hold, by time and label.</summary>
    public IReadOnlyList<ExpectedRow> Hourly() =>
        Rows(RowTable.Hourly, hours.Select(h => KeyValuePair.Create(h.Key, (IEnumerable<TallyBucket>)[h.Value])));

    /// <summary>The rows that <c>ops_metrics_daily</c> must hold, by day and label.</summary>
    public IReadOnlyList<ExpectedRow> Daily() =>
        Rows(RowTable.Daily, hours.GroupBy(h => h.Key with { Start = FloorTo(h.Key.Start, TimeSpan.TicksPerDay) }, h => h.Value)
            .Select(day => KeyValuePair.Create(day.Key, (IEnumerable<TallyBucket>)day)));

    private static List<ExpectedRow> Rows(RowTable table, IEnumerable<KeyValuePair<TallyKey, IEnumerable<TallyBucket>>> buckets) =>
        [.. buckets.OrderBy(b => b.Key.Start).ThenBy(b => b.Key.Label, StringComparer.Ordinal).Select(b => ExpectedRow.Of(table, b.Key, b.Value))];

    private static Instant FloorTo(Instant time, long ticks)
    {
        long rest = time.UnixTicks % ticks;
        return new Instant(time.UnixTicks - (rest < 0 ? rest + ticks : rest));
    }
}

/// <summary>The key of a row in either table.</summary>
/// <param name="Start">The hour's start, or the day's midnight (UTC).</param>
public readonly record struct TallyKey(Instant Start, string Label);

/// <summary>What was counted in one hour under one label.</summary>
internal sealed class TallyBucket
{
    private readonly List<uint> shortMicros = [];
    private readonly List<long> longMicros = [];

    /// <summary>By column.</summary>
    public Dictionary<string, long> Counts { get; } = [];

    public IEnumerable<long> Durations => shortMicros.Select(micros => (long)micros).Concat(longMicros);

    public void Add(EventKind kind, in ExpectedEvent e)
    {
        if (kind == EventKind.Error)
        {
            Count("error_count", 1);
            Count("error_4xx_count", e.Status == StatusClass.ClientError ? 1 : 0);
            Count("error_5xx_count", e.Status == StatusClass.ServerError ? 1 : 0);
            Count("timeout_count", e.IsTimeout ? 1 : 0);
            return;
        }
        Count("success_count", 1);
        if (e.DurationMicros is <= uint.MaxValue and { } fits)
            shortMicros.Add((uint)fits);
        else if (e.DurationMicros is { } micros)
            longMicros.Add(micros);
    }

    private void Count(string column, long more) => Counts[column] = Counts.GetValueOrDefault(column) + more;
}
