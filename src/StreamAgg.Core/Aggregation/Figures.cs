namespace StreamAgg.Core.Aggregation;

/// <summary>A column of the published rows that comes after their key.</summary>
/// <param name="Column">Its name in the tables, in JSON and in CSV.</param>
/// <param name="SqlType">As PostgreSQL writes it: <see cref="Figures.Count"/>, <see cref="Figures.Real"/> or <see cref="Figures.Time"/>.</param>
/// <param name="IsNullable">True where there may be nothing to tell.</param>
/// <param name="Of">Its value, of a row's totals and its p99: a long, a double or null.</param>
public sealed record Figure(string Column, string Heading, string SqlType, bool IsNullable, Func<BucketTotals, double?, object?> Of);

/// <summary>What a published row shows.</summary>
public static class Figures
{
    public const string Count = "bigint", Real = "double precision", Time = "timestamp with time zone";

    /// <summary>Of the measures with which the tables began; the column of a later one is added by a migration, behind all others.</summary>
    private const int First = Measures.TimeoutCount + 1;

    /// <summary>When the row was written: the statement's own clock tells it.</summary>
    private static readonly Figure ComputedAt = new("computed_at", "Computed", Time, false, (_, _) => null);

    /// <summary>In the order of the tables' columns.</summary>
    public static readonly IReadOnlyList<Figure> All =
    [
        new("request_count", "Requests", Count, false, (totals, _) => totals.RequestCount),
        .. Measured().Take(First),
        new("avg_latency_ms", "Mean ms", Real, true, (totals, _) => totals.MeanMilliseconds),
        new("p99_latency_ms", "p99 ms", Real, true, (_, p99) => p99),
        new("error_rate", "Errors %", Real, false, (totals, _) => totals.ErrorRatePercent),
        ComputedAt,
        .. Measured().Skip(First),
    ];

    /// <summary>Those that follow from what was counted.</summary>
    public static readonly IReadOnlyList<Figure> Counted = [.. All.Where(figure => figure != ComputedAt)];

    private static IEnumerable<Figure> Measured() =>
        Measures.All.Select((measure, place) => new Figure(measure.Column, measure.Heading, Count, false, (totals, _) => totals.Counts[place]));
}
