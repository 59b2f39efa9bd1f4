using System.Globalization;
using StreamAgg.Core.Aggregation;

namespace StreamAgg.Traffic.Recount;

/// <summary>A row as it must stand in a table, with every duration behind it.</summary>
public sealed class ExpectedRow : IExactRow
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

    public long CountOf(int spread) => micros.Length;

    public bool IsFew(int spread, int compression) => DistinctDurations <= compression;

    public Ranks RanksOf(Figure quantile, double valueMs) => RanksOf(valueMs);

    /// <summary>Where a p99 lies among the durations.</summary>
    public Ranks RanksOf(double valueMs)
    {
        double value = valueMs * 1000, slack = value * Ranks.RoundingShare;
        int below = Count(duration => duration < value - slack), notAbove = Count(duration => duration <= value + slack);
        bool isBetween = below == notAbove && below > 0 && below < micros.Length;
        return new Ranks(micros.Length, below, notAbove, isBetween ? (value - micros[below - 1]) / (micros[below] - micros[below - 1]) : 0);
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

    /// <summary>percentile_cont's rule: linear between the neighbours.</summary>
    private double AtRank(double rank)
    {
        int low = (int)Math.Floor(rank);
        double a = micros[low] / 1000.0, b = micros[Math.Min(low + 1, micros.Length - 1)] / 1000.0;
        return a + ((b - a) * (rank - low));
    }

    private long Count(string column) => parts.Sum(part => part.Counts.GetValueOrDefault(column));

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
