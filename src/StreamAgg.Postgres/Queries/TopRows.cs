using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;

namespace StreamAgg.Postgres.Queries;

/// <summary>By what the keys of a rollup are ranked, the largest first.</summary>
public enum TopOrder
{
    /// <summary>Of both outcomes.</summary>
    Requests,

    /// <summary>Requests that failed.</summary>
    Errors,

    /// <summary>Sent and received.</summary>
    Tokens,

    /// <summary>US dollars.</summary>
    Cost,

    /// <summary>That of the worst hour (or day): a range's own is known once its digests are merged, and that is done for what is shown.</summary>
    P99,
}

/// <summary>What is asked of <see cref="AggregateQueries.TopAsync"/>.</summary>
/// <param name="Where">Values of dimensions; of one that is not named any.</param>
/// <param name="From">Hours that start at or after it.</param>
/// <param name="To">Hours that start before it.</param>
/// <param name="HasDays">Days are read where they are published, and the hours behind them: far fewer rows, of whole days at the beginning.</param>
/// <param name="Limit">1 or more.</param>
/// <param name="Quantiles">Of the keys' latencies, each 0 to 1.</param>
public sealed record TopQuestion(
    Rollup Rollup, IReadOnlyDictionary<string, IReadOnlyCollection<string>> Where, Instant From, Instant To, bool HasDays, TopOrder Order, int Limit,
    IReadOnlyList<double> Quantiles);

/// <summary>Its answer, of one snapshot and of what is published.</summary>
/// <param name="Keys">How many there are.</param>
/// <param name="Requests">Of all of them.</param>
/// <param name="Rows">The first of them.</param>
public sealed record TopAnswer(long Keys, long Requests, IReadOnlyList<TopRow> Rows);

/// <summary>One key of a rollup over a range.</summary>
/// <param name="Values">Of the rollup's dimensions, in their order.</param>
/// <param name="ErrorRate">Percent.</param>
/// <param name="SlaErrorRate">Percent, without what was cancelled or refused for the customer's own limits.</param>
/// <param name="Tokens">Sent and received.</param>
/// <param name="WorstP99Ms">The largest p99 of an hour (or day); null where nothing was measured.</param>
/// <param name="MeanTtftMs">To the first token; null where nothing was measured.</param>
public sealed record TopRow(
    IReadOnlyList<string> Values, long Requests, long Errors, double ErrorRate, double SlaErrorRate, long Tokens, decimal CostUsd, double? WorstP99Ms,
    double? MeanTtftMs)
{
    /// <summary>In the order of the question; none where nothing was measured.</summary>
    public IReadOnlyList<double> QuantilesMs { get; init; } = [];
}
