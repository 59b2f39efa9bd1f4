using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Gateway.Traffic;

namespace StreamAgg.Gateway.Tally;

/// <summary>Counts the same events once more in the plainest way there is: dictionaries, and every duration kept. The tables are judged by it.</summary>
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
            Add(record.Kind, e);
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
    public IReadOnlyList<ExpectedRow> Hourly() => Rows(TallyTable.Hourly, hours.Select(h => KeyValuePair.Create(h.Key, (IEnumerable<TallyBucket>)[h.Value])));

    /// <summary>The rows that <c>ops_metrics_daily</c> must hold, by day and label.</summary>
    public IReadOnlyList<ExpectedRow> Daily() =>
        Rows(TallyTable.Daily, hours.GroupBy(h => h.Key with { Start = FloorTo(h.Key.Start, TimeSpan.TicksPerDay) }, h => h.Value)
            .Select(day => KeyValuePair.Create(day.Key, (IEnumerable<TallyBucket>)day)));

    private static List<ExpectedRow> Rows(TallyTable table, IEnumerable<KeyValuePair<TallyKey, IEnumerable<TallyBucket>>> buckets) =>
        [.. buckets.OrderBy(b => b.Key.Start).ThenBy(b => b.Key.Platform, StringComparer.Ordinal).Select(b => ExpectedRow.Of(table, b.Key, b.Value))];

    private static Instant FloorTo(Instant time, long ticks)
    {
        long rest = time.UnixTicks % ticks;
        return new Instant(time.UnixTicks - (rest < 0 ? rest + ticks : rest));
    }
}

/// <summary>One of the two tables.</summary>
public enum TallyTable
{
    Hourly,
    Daily,
}

/// <summary>The key of a row in either table.</summary>
/// <param name="Start">The hour's start, or the day's midnight (UTC).</param>
/// <param name="Platform">The label.</param>
public readonly record struct TallyKey(Instant Start, string Platform);

/// <summary>What was counted in one hour under one label.</summary>
internal sealed class TallyBucket
{
    private readonly List<uint> shortMicros = [];
    private readonly List<long> longMicros = [];

    public long Success { get; private set; }

    public long Errors { get; private set; }

    public long Errors4xx { get; private set; }

    public long Errors5xx { get; private set; }

    public long Timeouts { get; private set; }

    public IEnumerable<long> Durations => shortMicros.Select(micros => (long)micros).Concat(longMicros);

    public void Add(EventKind kind, in ExpectedEvent e)
    {
        if (kind == EventKind.Error)
        {
            Errors++;
            Errors4xx += e.Status == StatusClass.ClientError ? 1 : 0;
            Errors5xx += e.Status == StatusClass.ServerError ? 1 : 0;
            Timeouts += e.IsTimeout ? 1 : 0;
            return;
        }
        Success++;
        if (e.DurationMicros is <= uint.MaxValue and { } fits)
            shortMicros.Add((uint)fits);
        else if (e.DurationMicros is { } micros)
            longMicros.Add(micros);
    }
}
