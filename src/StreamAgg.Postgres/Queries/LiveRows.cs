using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;

namespace StreamAgg.Postgres.Queries;

/// <summary>What is asked of <see cref="LiveQueries"/>.</summary>
/// <param name="From">Hours that start at or after it.</param>
/// <param name="To">Hours that start before it.</param>
/// <param name="Platforms">None: all of them. The empty label is one.</param>
/// <param name="Days">The zone whose days are the buckets, of whole hours in this range; null: the hours are.</param>
/// <param name="Quantiles">Each 0 to 1; p99 is told in any case.</param>
public sealed record LiveQuestion(
    Instant From, Instant To, IReadOnlyList<string> Platforms, TimeZoneInfo? Days, IReadOnlyList<double> Quantiles);

/// <summary>Its answer, of one snapshot.</summary>
/// <param name="Rows">By bucket and platform.</param>
/// <param name="Totals">Of each platform in the whole range; each row's start is the range's.</param>
public sealed record LiveRange(IReadOnlyList<LiveRow> Rows, IReadOnlyList<LiveRow> Totals);

/// <summary>A row as it would be published now.</summary>
/// <param name="IsProvisional">True where an hour of it is not published yet: it still grows.</param>
/// <param name="Latencies">Null where nothing was measured, or what was is not known here.</param>
public sealed record LiveRow(PublishedRow Row, bool IsProvisional, Latencies? Latencies);

/// <summary>How durations are spread.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="QuantilesMs">In the order of the question.</param>
/// <param name="Bins">How many lie in each bin, from 1 ms on; what lies outside is in the first or last.</param>
public sealed record Latencies(long Count, IReadOnlyList<double> QuantilesMs, IReadOnlyList<long> Bins)
{
    /// <summary>So many bins to a power of ten: a bin's end is a third above its start.</summary>
    public const int BinsADecade = 8;

    /// <summary>Up to 1,000 s.</summary>
    public const int BinCount = 6 * BinsADecade;
}
