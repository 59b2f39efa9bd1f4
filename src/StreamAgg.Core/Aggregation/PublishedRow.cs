using StreamAgg.Core.Time;

namespace StreamAgg.Core.Aggregation;

/// <summary>A row of one of the published tables, whoever wrote it.</summary>
/// <param name="Start">The hour's, as it stands in the row, or the day's midnight (UTC).</param>
/// <param name="Values">
/// Of <see cref="Figures.All"/>, in that order: a long, a double or an <see cref="Instant"/>. Latencies are milliseconds, null where no
/// request had one; rates are percent.
/// </param>
public sealed record PublishedRow(Instant Start, string Platform, IReadOnlyList<object?> Values)
{
    private static readonly Dictionary<string, int> Places = Figures.All.Select((figure, place) => (figure.Column, place)).ToDictionary();

    public object? this[string column] => Values[Places[column]];

    public T Get<T>(string column) => (T)this[column]!;
}
