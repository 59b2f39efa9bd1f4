using System.Globalization;
using StreamAgg.Core.Aggregation;

namespace StreamAgg.Traffic.Recount;

/// <summary>A row as it must stand in a table, with every duration behind it.</summary>
public sealed class ExpectedRow
{
    /// <summary>Ascending.</summary>
    private readonly long[] micros;

    private readonly TallyBucket[] parts;

    private ExpectedRow(RowTable table, TallyKey key, TallyBucket[] parts, long[] micros) =>
        (Table, Key, this.parts, this.micros) = (table, key, parts, micros);

    public RowTable Table { get; }

    public TallyKey Key { get; }

    public long RequestCount => Count("success_count") + Count("error_count");

    public double ErrorRate => 100.0 * Count("error_count") / RequestCount;

    /// <summary>How many events had a duration.</summary>
    public int DurationCount => micros.Length;

    public int DistinctDurations { get; private init; }

    /// <summary>The exact mean, rounded once; null where there is nothing to divide.</summary>
    public double? AvgLatencyMs { get; private init; }

    /// <summary>What <c>percentile_cont(0.99)</c> says; null where there are no durations.</summary>
    public double? P99LatencyMs => micros.Length == 0 ? null : AtRank(TargetRank);

    /// <summary>What the column of a table must hold.</summary>
    public object? this[string column] => column switch
    {
        "request_count" => (object)RequestCount,
        "avg_latency_ms" => AvgLatencyMs,
        "p99_latency_ms" => P99LatencyMs,
        "error_rate" => ErrorRate,
        _ => Count(column),
    };

    private double TargetRank => 0.99 * (micros.Length - 1);

    /// <summary>The smallest p99 that keeps the stated bound.</summary>
    public double P99LowMs(int compression) => AtRank(Math.Max(Math.Floor(TargetRank - AllowedRanks(compression)), 0));

    /// <summary>The largest p99 that keeps the stated bound.</summary>
    public double P99HighMs(int compression) => AtRank(Math.Min(Math.Ceiling(TargetRank + AllowedRanks(compression)), micros.Length - 1));

    /// <summary>How far a value lies from the rank asked for, as a share of all ranks: 0 where it is exact, 1 where it is beyond them all.</summary>
    public double RankError(double valueMs)
    {
        int last = micros.Length - 1;
        double value = valueMs * 1000;
        // The ranks at which the sorted durations, joined by straight lines, have this value.
        int below = CountBelow(value), notAbove = CountNotAbove(value);
        if (notAbove == 0 || below == micros.Length)
            return 1;
        double from = below, to = notAbove - 1;
        if (below == notAbove)
            from = to = below - 1 + ((value - micros[below - 1]) / (micros[below] - micros[below - 1]));
        double away = TargetRank < from ? from - TargetRank : TargetRank > to ? TargetRank - to : 0;
        return away / Math.Max(last, 1);
    }

    internal static ExpectedRow Of(RowTable table, TallyKey key, IEnumerable<TallyBucket> buckets)
    {
        TallyBucket[] all = [.. buckets];
        long[] sorted = [.. all.SelectMany(part => part.Durations)];
        Array.Sort(sorted);
        return new ExpectedRow(table, key, all, sorted)
        {
            DistinctDurations = sorted.Where((duration, i) => i == 0 || duration != sorted[i - 1]).Count(),
            AvgLatencyMs = sorted.Length == 0 ? null : Mean(sorted),
        };
    }

    /// <summary>28 digits of the quotient, read as the nearest double: a way of its own to one rounding.</summary>
    private static double Mean(long[] durations)
    {
        decimal sum = 0;
        foreach (long duration in durations)
            sum += duration;
        decimal mean = sum / (durations.Length * 1000m);
        return double.Parse(mean.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }

    /// <summary>The stated bound of a digest's p99: so many ranks to either side.</summary>
    private double AllowedRanks(int compression) =>
        Math.Max(80e-6 * micros.Length, 1 + (0.1 * Math.Sqrt(micros.Length))) * Math.Pow(Math.Max(1, 100.0 / compression), 3);

    /// <summary>percentile_cont's rule: linear between the neighbours.</summary>
    private double AtRank(double rank)
    {
        int low = (int)Math.Floor(rank);
        double a = micros[low] / 1000.0, b = micros[Math.Min(low + 1, micros.Length - 1)] / 1000.0;
        return a + ((b - a) * (rank - low));
    }

    private long Count(string column) => parts.Sum(part => part.Counts.GetValueOrDefault(column));

    private int CountBelow(double value) => Count(duration => duration < value);

    private int CountNotAbove(double value) => Count(duration => duration <= value);

    /// <summary>How many durations, from the smallest on, pass.</summary>
    private int Count(Func<long, bool> passes)
    {
        int low = 0, high = micros.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (passes(micros[middle]))
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
