using System.Collections.Concurrent;
using System.Diagnostics;
using StreamAgg.Core.Aggregation;
using StreamAgg.Digests;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Postgres.Tests;

/// <summary>
/// Four partitions of events over the last two hours of one day and the first of the next. Each partition counts in a column of its
/// own, and durations are random numbers: a sum tells which events are in it. There are so few different ones that every digest is
/// exact: what fails here is the protocol, not an estimate.
/// </summary>
internal sealed class StressLog
{
    public const int Partitions = 4, Events = 400, Hours = 3, FirstHour = 22, DifferentDurations = 50;

    private readonly (int Hour, long Micros)[][] events;
    private readonly long started = Stopwatch.GetTimestamp();
    private readonly TimeSpan length;

    public StressLog(int seed, TimeSpan length)
    {
        this.length = length;
        var random = new Random(seed);
        long[] durations = [.. Enumerable.Range(0, DifferentDurations).Select(_ => random.NextInt64(1, 1_000_000_000))];
        events = [.. Enumerable.Range(0, Partitions).Select(_ => Enumerable.Range(0, Events)
            .Select(i => (i > 5 ? Math.Max(0, random.Next(4) - 1) : Math.Min(2, i / 2), durations[random.Next(DifferentDurations)])).ToArray())];
    }

    public static SourcePartition[] Sources { get; } = [.. Enumerable.Range(0, Partitions).Select(number => new SourcePartition("usage", number))];

    /// <summary>How many events of each partition are there yet: all of them at four fifths of the time.</summary>
    public int Available => (int)Math.Min(Events, Events * (Stopwatch.GetElapsedTime(started) / length) / 0.8);

    public (int Hour, long Micros) this[int partition, int offset] => events[partition][offset];

    /// <summary>The first <paramref name="count"/> events of a partition that lie in these hours.</summary>
    public BucketTotals Prefix(int partition, Func<int, bool> isIn, long count)
    {
        var totals = new BucketTotals();
        foreach (var (_, micros) in events[partition].Where(e => isIn(e.Hour)).Take((int)count))
            Count(ref totals, partition, micros);
        return totals;
    }

    /// <summary>The events before an offset that lie in one hour.</summary>
    public BucketTotals Before(int partition, long offset, int hour)
    {
        var totals = new BucketTotals();
        foreach (var (_, micros) in events[partition].Take((int)offset).Where(e => e.Hour == hour))
            Count(ref totals, partition, micros);
        return totals;
    }

    public long Requests(Func<int, bool> isIn) => events[0].Concat(events[1]).LongCount(e => isIn(e.Hour));

    public static void Count(ref BucketTotals totals, int partition, long micros)
    {
        Column(ref totals, partition)++;
        totals.AddDuration(micros);
    }

    public static ref long Column(ref BucketTotals totals, int partition) => ref totals.Counts[partition switch
    {
        0 => Measures.SuccessCount,
        1 => Measures.ErrorCount,
        2 => Measures.Error4xxCount,
        _ => Measures.TimeoutCount,
    }];
}

/// <summary>What a member holds of one hour.</summary>
internal sealed class StressContent
{
    public BucketTotals Totals;

    public TDigest Digest { get; private set; } = new();

    public void Count(int partition, long micros)
    {
        StressLog.Count(ref Totals, partition, micros);
        Digest.Add(micros);
    }

    public void Add(BucketTotals totals, TDigest? digest)
    {
        Totals.Add(totals);
        if (digest is not null)
            Digest = TDigest.Merge([Digest, digest], 100);
    }
}

/// <summary>How often things happened.</summary>
internal sealed class StressCounts
{
    private readonly ConcurrentDictionary<string, int> counts = new();

    public int this[string what] => counts.GetValueOrDefault(what);

    public void Add(string what, int times = 1) => counts.AddOrUpdate(what, times, (_, before) => before + times);

    public override string ToString() => string.Join(", ", counts.OrderBy(count => count.Key, StringComparer.Ordinal).Select(count => $"{count.Key} {count.Value}"));
}
