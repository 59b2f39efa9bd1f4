using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Postgres.Queries;

/// <summary>How far a partition is.</summary>
/// <param name="Owner">Who claimed it last (it may be gone since); null where nobody did yet.</param>
/// <param name="NextOffset">Everything before is counted, refused or a gap.</param>
/// <param name="Watermark">Null where none is known: then no hour closes.</param>
/// <param name="UpdatedAt">Of its last claim or checkpoint.</param>
/// <param name="CheckpointAge">Since its last checkpoint, by the database's clock; null where there is none yet.</param>
public sealed record PartitionStatus(
    SourcePartition Source, string? Owner, long NextOffset, Instant? Watermark, Instant UpdatedAt, TimeSpan? CheckpointAge)
{
    /// <summary>The topic's incarnation that <see cref="NextOffset"/> belongs to; null where nobody has claimed it yet.</summary>
    public string? TopicId { get; init; }
}

/// <summary>How many events had one outcome, of all partitions.</summary>
/// <param name="Outcome">One of <see cref="StreamAgg.Pipeline.Store.EventOutcome"/>.</param>
/// <param name="Reason">Empty where there is none.</param>
/// <param name="Total">Ever.</param>
/// <param name="LastHour">In checkpoints of the last hour, to the minute: never less.</param>
public sealed record EventTotal(string Outcome, string Reason, long Total, long LastHour);

/// <summary>A recorded gap.</summary>
/// <param name="FromOffset">The first record missing.</param>
/// <param name="ToOffset">The first one after; null where nobody can know.</param>
/// <param name="Reason">One line for a person.</param>
public sealed record RecordedGap(SourcePartition Source, long FromOffset, long? ToOffset, string Reason, Instant RecordedAt);

/// <summary>The pipeline's state in one snapshot.</summary>
/// <param name="Partitions">In order of topic and partition.</param>
/// <param name="Watermark">The smallest one; null while a partition has none, or there is none.</param>
/// <param name="OpenHours">Hours with events that the watermark has not passed.</param>
/// <param name="NextClose">When the first of these closes, as event time; null where none is open.</param>
/// <param name="DirtyHours">Closed hours that wait to be published (again).</param>
/// <param name="DirtyDays">Days that wait to be published (again), open ones included.</param>
/// <param name="RowsKept">Published rows of somebody else's that stayed because they count more.</param>
/// <param name="Gaps">Oldest first.</param>
/// <param name="Events">What became of the events that were read.</param>
/// <param name="Sizes">Of the tables of schema <c>streamagg</c> with their indexes, of all pipelines, the largest first.</param>
public sealed record StoreStatus(
    IReadOnlyList<PartitionStatus> Partitions, Instant? Watermark, long OpenHours, Instant? NextClose, long DirtyHours, long DirtyDays, long RowsKept,
    IReadOnlyList<RecordedGap> Gaps, IReadOnlyList<EventTotal> Events, IReadOnlyList<(string Table, long Bytes)> Sizes)
{
    /// <summary>Beside that by platform, by name.</summary>
    public IReadOnlyList<RollupStatus> Rollups { get; init; } = [];
}

/// <summary>How far a rollup goes back.</summary>
/// <param name="CompleteFrom">
/// The first hour of which every event was counted in it; null where nothing was, or while a partition is counted by a member that does not
/// know it.
/// </param>
public sealed record RollupStatus(string Name, Instant? CompleteFrom);

/// <summary>A quantile over published hours.</summary>
/// <param name="Q">0 to 1.</param>
/// <param name="ValueMs">Milliseconds; null where no event had a duration.</param>
/// <param name="RankErrorBound">By how much of the count the value's rank can differ from Q's; 0 where exact, null where there is no value.</param>
/// <param name="Count">How many durations it is of.</param>
/// <param name="From">The start of the first hour that was asked for, of which it may be a part; without a bound, of the first published.</param>
/// <param name="To">The end of the last such hour, exclusive; without a bound, of the last published; null, as From, where nothing is.</param>
public sealed record QuantileAnswer(
    double Q, double? ValueMs, double? RankErrorBound, long Count, Instant? From, Instant? To, IReadOnlyList<string> Platforms);
