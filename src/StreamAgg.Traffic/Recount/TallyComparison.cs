using System.Globalization;
using StreamAgg.Core.Aggregation;

namespace StreamAgg.Traffic.Recount;

/// <summary>One value that is not as it must be.</summary>
/// <param name="Column">As the table names it; <c>row</c> where the row is missing or must not be there.</param>
public sealed record Difference(RowTable Table, TallyKey Key, string Column, string Expected, string Actual)
{
    /// <summary>Stands for a row that is missing, or must not be there.</summary>
    public const string WholeRow = "row", NoRow = "none";

    public override string ToString() => $"{Table} {Key.Start} '{Key.Label}' {Column}: expected {Expected}, found {Actual}";
}

/// <summary>What a comparison found.</summary>
/// <param name="MaxRankError">The furthest that a p99 lies from its rank, as a share of all ranks.</param>
public sealed record TallyVerdict(int Rows, IReadOnlyList<Difference> Differences, double MaxRankError);

/// <summary>Holds a table's rows against a recount: counts, sums, means and rates must be equal, quantiles within their stated bounds.</summary>
/// <param name="compression">The digests' own: an hour with no more distinct durations has the exact p99.</param>
public sealed class TallyComparison(int compression)
{
    /// <param name="table">Which one: only an hour's quantiles must be exact.</param>
    /// <param name="actual">The same table as it was read, in any order.</param>
    public TallyVerdict Compare(RowTable table, IReadOnlyList<IExactRow> expected, IReadOnlyList<PublishedRow> actual)
    {
        var differences = new List<Difference>();
        double maxRankError = 0;
        Dictionary<TallyKey, PublishedRow> found = actual.ToDictionary(row => new TallyKey(row.Start, row.Label));
        foreach (IExactRow row in expected)
        {
            if (!found.Remove(row.Key, out PublishedRow? published))
            {
                differences.Add(new Difference(table, row.Key, Difference.WholeRow, $"{row.RequestCount} requests", Difference.NoRow));
                continue;
            }
            CompareRow(row, published, differences);
            foreach (Figure quantile in table.Figures.Where(IsP99))
                if (row.CountOf(quantile.Quantile!.Value.Spread) > 0 && published.Get<double?>(quantile.Column) is { } p99)
                    maxRankError = Math.Max(maxRankError, row.RanksOf(quantile, p99).Error());
        }
        foreach (var (key, row) in found.OrderBy(f => f.Key.Start).ThenBy(f => f.Key.Label, StringComparer.Ordinal))
            differences.Add(new Difference(table, key, Difference.WholeRow, Difference.NoRow, $"{row["request_count"]} requests"));
        return new TallyVerdict(expected.Count, differences, maxRankError);
    }

    private void CompareRow(IExactRow expected, PublishedRow actual, List<Difference> differences)
    {
        foreach (Figure figure in expected.Table.Figures.Counted())
        {
            object? wanted = expected[figure.Column], found = actual[figure.Column];
            if (figure.Quantile is not null)
                wanted = QuantileFault(expected, figure, (double?)found) ?? found;
            if (!Equals(wanted, found))
                differences.Add(new Difference(expected.Table, expected.Key, figure.Column, Text(wanted), Text(found)));
        }
    }

    private static bool IsP99(Figure figure) => figure.Quantile is { } quantile && quantile.Quantile == Quantiles.All.Count - 1;

    /// <summary>What the quantile must be where it is not.</summary>
    private string? QuantileFault(IExactRow expected, Figure figure, double? actual)
    {
        int spread = figure.Quantile!.Value.Spread;
        double? exact = (double?)expected[figure.Column];
        if (expected.CountOf(spread) == 0)
            return actual is null ? null : Text<double?>(null);
        if (actual is { } value && exact is { } right && Math.Abs(value - right) <= right * Ranks.RoundingShare)
            return null;
        Ranks ranks = expected.RanksOf(figure, actual ?? 0);
        (long low, long high) = ranks.Allowed(compression);
        if (!expected.Table.IsDaily && expected.IsFew(spread, compression))
            return Text(exact);
        if (actual is not null && ranks.IsWithin((low, high)))
            return null;
        string within = $"one between ranks {low} and {high} of {ranks.Count}";
        return exact is { } known ? $"{Text(known)}, or {within}" : $"{within} (it lies at {ranks.Below})";
    }

    private static string Text<T>(T value) => value is null ? "null" : Convert.ToString(value, CultureInfo.InvariantCulture)!;
}
