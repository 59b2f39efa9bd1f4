using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Events;

namespace StreamAgg.Traffic.Recount;

/// <summary>
/// A row as it must stand in a table, with the places of the quantiles that do stand there: no value is kept, however many there are.
/// </summary>
internal sealed class RankedRow : IExactRow
{
    private readonly RankedSpread[] spreads;
    private BucketTotals totals;

    /// <param name="table">Which.</param>
    /// <param name="key">Of the row.</param>
    /// <param name="found">What the table says; null where it says nothing.</param>
    /// <param name="compression">So many distinct values are kept, to tell the exact quantiles where there are no more.</param>
    public RankedRow(RowTable table, TallyKey key, PublishedRow? found, int compression)
    {
        (Table, Key) = (table, key);
        spreads = [.. Enumerable.Range(0, Spreads.Length).Select(spread => new RankedSpread(
            [.. table.Figures.Where(figure => figure.Quantile?.Spread == spread)
                .Select(figure => (figure.Quantile!.Value.Quantile, found?.Get<double?>(figure.Column) ?? double.NaN))],
            compression))];
    }

    public RowTable Table { get; }

    public TallyKey Key { get; }

    public long RequestCount => totals.RequestCount;

    public object? this[string column]
    {
        get
        {
            Figure figure = Table.Figures[Table.PlaceOf(column)];
            return figure.Quantile is { } quantile
                ? spreads[quantile.Spread].Exact(Quantiles.All[quantile.Quantile].Q)
                : figure.Of(new RowContents(totals, null));
        }
    }

    public long CountOf(int spread) => totals.Spreads[spread].Count;

    public bool IsFew(int spread, int compression) => spreads[spread].IsFew;

    public Ranks RanksOf(Figure quantile, double valueMs) =>
        spreads[quantile.Quantile!.Value.Spread].RanksOf(quantile.Quantile.Value.Quantile, valueMs, CountOf(quantile.Quantile.Value.Spread));

    public void Count(in DecodedEvent e)
    {
        totals.Count(e);
        if (e.DurationMicros != DecodedEvent.NoDuration)
            spreads[Spreads.Latency].Count(e.DurationMicros);
        if (e.HasTtft)
            spreads[Spreads.Ttft].Count(e.TtftMicros);
    }

    /// <summary>Adds one event that was counted elsewhere.</summary>
    public void Add(in BucketTotals one)
    {
        totals.Add(one);
        for (int spread = 0; spread < Spreads.Length; spread++)
            if (one.Spreads[spread].Count == 1)
                spreads[spread].Count(one.Spreads[spread].MinMicros);
    }
}
