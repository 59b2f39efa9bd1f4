using StreamAgg.Core.Time;

namespace StreamAgg.Core.Aggregation;

/// <summary>A row of a published table, whoever wrote it.</summary>
/// <param name="Start">The hour's, as it stands in the row, or the day's midnight (UTC).</param>
/// <param name="Values">
/// Of its table's figures, in that order: a long, a decimal, a double or an <see cref="Instant"/>. Latencies are milliseconds, null where no
/// request had one; rates are percent.
/// </param>
public sealed record PublishedRow(Instant Start, string Label, IReadOnlyList<object?> Values)
{
    /// <summary>Which it is a row of.</summary>
    public RowTable Table { get; init; } = RowTable.Hourly;

    public object? this[string column] => Values[Table.PlaceOf(column)];

    public T Get<T>(string column) => (T)this[column]!;
}
