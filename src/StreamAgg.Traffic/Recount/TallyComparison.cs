using System.Globalization;
using StreamAgg.Core.Aggregation;

namespace StreamAgg.Traffic.Recount;

/// <summary>One value that is not as it must be.</summary>
/// <param name="Column">As the table names it; <c>row</c> where the row is missing or must not be there.</param>
public sealed record Difference(RowTable Table, TallyKey Key, string Column, string Expected, string Actual)
{
    public override string ToString() => $"{Table} {Key.Start} '{Key.Platform}' {Column}: expected {Expected}, found {Actual}";
}

/// <summary>What a comparison found.</summary>
/// <param name="Rows">Rows that there must be.</param>
/// <param name="Differences">Empty where all is well.</param>
/// <param name="MaxRankError">The furthest that a p99 lies from its rank, as a share of all ranks.</param>
public sealed record TallyVerdict(int Rows, IReadOnlyList<Difference> Differences, double MaxRankError);

/// <summary>Holds a table's rows against a recount: counts, mean and rate must be equal, a p99 within its stated bound.</summary>
/// <param name="compression">The digests' own: an hour with no more distinct durations has the exact p99.</param>
public sealed class TallyComparison(int compression)
{
    /// <summary>The last bits of a straight line between two doubles depend on the order of its operations, in SQL too.</summary>
    private const double RoundingShare = 1e-12;

    private const string P99 = "p99_latency_ms";

    /// <param name="table">Which one: only an hour's p99 must be exact.</param>
    /// <param name="actual">The same table as it was read, in any order.</param>
    public TallyVerdict Compare(RowTable table, IReadOnlyList<ExpectedRow> expected, IReadOnlyList<PublishedRow> actual)
    {
        var differences = new List<Difference>();
        double maxRankError = 0;
        Dictionary<TallyKey, PublishedRow> found = actual.ToDictionary(row => new TallyKey(row.Start, row.Platform));
        foreach (ExpectedRow row in expected)
        {
            if (!found.Remove(row.Key, out PublishedRow? published))
            {
                differences.Add(new Difference(table, row.Key, "row", $"{row.RequestCount} requests", "none"));
                continue;
            }
            CompareRow(row, published, differences);
            if (row.DurationCount > 0 && published.Get<double?>(P99) is { } p99)
                maxRankError = Math.Max(maxRankError, IsExact(row, p99) ? 0 : row.RankError(p99));
        }
        foreach (var (key, row) in found.OrderBy(f => f.Key.Start).ThenBy(f => f.Key.Platform, StringComparer.Ordinal))
            differences.Add(new Difference(table, key, "row", "none", $"{row["request_count"]} requests"));
        return new TallyVerdict(expected.Count, differences, maxRankError);
    }

    private void CompareRow(ExpectedRow expected, PublishedRow actual, List<Difference> differences)
    {
        foreach (string column in Figures.Counted.Select(figure => figure.Column))
        {
            object? wanted = expected[column], found = actual[column];
            if (column == P99)
                wanted = P99Fault(expected, (double?)found) ?? found;
            if (!Equals(wanted, found))
                differences.Add(new Difference(expected.Table, expected.Key, column, Text(wanted), Text(found)));
        }
    }

    /// <summary>What the p99 must be where it is not.</summary>
    private string? P99Fault(ExpectedRow expected, double? actual)
    {
        if (expected.P99LatencyMs is not { } exact)
            return actual is null ? null : Text<double?>(null);
        if (actual is not { } p99)
            return Text(exact);
        if (IsExact(expected, p99))
            return null;
        if (expected.Table == RowTable.Hourly && expected.DistinctDurations <= compression)
            return Text(exact);
        double slack = exact * RoundingShare;
        double low = expected.P99LowMs(compression), high = expected.P99HighMs(compression);
        return p99 >= low - slack && p99 <= high + slack ? null : $"{Text(low)} to {Text(high)}";
    }

    private static bool IsExact(ExpectedRow expected, double p99) =>
        expected.P99LatencyMs is { } exact && Math.Abs(p99 - exact) <= exact * RoundingShare;

    private static string Text<T>(T value) => value is null ? "null" : Convert.ToString(value, CultureInfo.InvariantCulture)!;
}
