namespace StreamAgg.Core.Aggregation;

/// <summary>What a published row is made of.</summary>
/// <param name="Latency">Null where no event had a duration.</param>
/// <param name="Ttft">Null where no event had a time to its first token.</param>
public readonly record struct RowContents(BucketTotals Totals, Quantiles? Latency, Quantiles? Ttft = null)
{
    public Quantiles? this[int spread] => spread == Spreads.Latency ? Latency : Ttft;
}

/// <summary>A column of the published rows that comes after their key.</summary>
/// <param name="Column">Its name in the tables, in JSON and in CSV.</param>
/// <param name="SqlType">
/// As PostgreSQL writes it: <see cref="Figures.Count"/>, <see cref="Figures.Money"/>, <see cref="Figures.Real"/> or <see cref="Figures.Time"/>.
/// </param>
/// <param name="IsNullable">True where there may be nothing to tell.</param>
/// <param name="Of">Its value: a long, a decimal, a double or null.</param>
public sealed record Figure(string Column, string Heading, string SqlType, bool IsNullable, Func<RowContents, object?> Of)
{
    /// <summary>Which quantile of which spread it is, by their places; null where it is none.</summary>
    public (int Spread, int Quantile)? Quantile { get; init; }
}

/// <summary>What published rows show.</summary>
public static class Figures
{
    public const string Count = "bigint", Money = "numeric(20,6)", Real = "double precision", Time = "timestamp with time zone";

    /// <summary>Measures before the latencies; those behind them are amounts.</summary>
    private const int FirstAmount = Measures.InputTokens, FirstClass = Measures.CancelledCount;

    /// <summary>When the row was written: the statement's own clock tells it.</summary>
    private static readonly Figure ComputedAt = new("computed_at", "Computed", Time, false, _ => null);

    private static readonly Figure Requests = new("request_count", "Requests", Count, false, row => row.Totals.RequestCount),
        ErrorRate = new("error_rate", "Errors %", Real, false, row => row.Totals.ErrorRatePercent);

    /// <summary>Of the two tables that were there first, in the order of their columns.</summary>
    public static readonly IReadOnlyList<Figure> Basic =
    [
        Requests,
        .. Measured().Take(FirstClass),
        Mean(Spreads.Latency), QuantileOf(Spreads.Latency, Quantiles.All.Count - 1),
        ErrorRate,
        ComputedAt,
    ];

    /// <summary>Of the tables of every rollup, in the order of their columns.</summary>
    public static readonly IReadOnlyList<Figure> All =
    [
        Requests,
        .. Measured().Take(FirstAmount),
        new("sla_error_count", "SLA errors", Count, false, row => row.Totals.SlaErrorCount),
        .. Spread(Spreads.Latency),
        .. Spread(Spreads.Ttft),
        .. Measured().Skip(FirstAmount),
        ErrorRate,
        new("sla_error_rate", "SLA errors %", Real, false, row => row.Totals.SlaErrorRatePercent),
        ComputedAt,
    ];

    /// <summary>Those that follow from what was counted.</summary>
    public static IEnumerable<Figure> Counted(this IEnumerable<Figure> figures) => figures.Where(figure => figure != ComputedAt);

    private static IEnumerable<Figure> Measured() => Measures.All.Select((measure, place) => new Figure(
        measure.Column, measure.Heading, measure.Decimals == 0 ? Count : Money, false, row => measure.Published(row.Totals.Counts[place])));

    private static IEnumerable<Figure> Spread(int spread)
    {
        SpreadNames names = Spreads.All[spread];
        return
        [
            new($"{names.Name}_count", $"{names.Heading} count", Count, false, row => row.Totals.Spreads[spread].Count),
            Mean(spread),
            .. Quantiles.All.Select((_, quantile) => QuantileOf(spread, quantile)),
            new($"max_{names.Published}", $"Max {names.Heading} ms", Real, true, row => row.Totals.Spreads[spread].MaxMilliseconds),
        ];
    }

    private static Figure Mean(int spread) =>
        new($"avg_{Spreads.All[spread].Published}", Headed("Mean", spread), Real, true, row => row.Totals.Spreads[spread].MeanMilliseconds);

    private static Figure QuantileOf(int spread, int quantile)
    {
        string name = Quantiles.All[quantile].Name;
        return new($"{name}_{Spreads.All[spread].Published}", Headed(name, spread), Real, true, row => row[spread]?[quantile])
        {
            Quantile = (spread, quantile),
        };
    }

    private static string Headed(string what, int spread) => spread == Spreads.Latency ? $"{what} ms" : $"{what} {Spreads.All[spread].Heading} ms";
}
