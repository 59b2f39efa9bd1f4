using StreamAgg.Core.Time;

namespace StreamAgg.Pipeline.Log;

/// <summary>What the brokers say of the topics when asked. Safe from any thread; every call is a question over the network.</summary>
/// <remarks>No answer within a bounded time is a <see cref="LogUnavailableException"/>: a cached answer is never given.</remarks>
public interface ILogMetadata
{
    /// <summary>Topics that do not exist are not in the answer.</summary>
    Task<IReadOnlyDictionary<string, TopicDetails>> DescribeAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation);

    /// <summary>
    /// The offset after the last one written, control records and uncommitted ones included (the high watermark).
    /// A partition that is missing in the answer was not answered for.
    /// </summary>
    Task<IReadOnlyDictionary<SourcePartition, long>> EndOffsetsAsync(IReadOnlyCollection<SourcePartition> partitions, CancellationToken cancellation);

    /// <summary>
    /// Up to where records are decided (the last stable offset): where it is less than the end, it is the first offset of a transaction that
    /// is open still, and readers wait there. A log without transactions: its ends.
    /// </summary>
    Task<IReadOnlyDictionary<SourcePartition, long>> StableOffsetsAsync(
        IReadOnlyCollection<SourcePartition> partitions, CancellationToken cancellation) =>
        EndOffsetsAsync(partitions, cancellation);

    /// <summary>The first offset that the log still holds.</summary>
    Task<IReadOnlyDictionary<SourcePartition, long>> BeginningOffsetsAsync(
        IReadOnlyCollection<SourcePartition> partitions, CancellationToken cancellation);

    /// <summary>Of each partition the first offset whose timestamp is at or after <paramref name="time"/>; its end where there is none.</summary>
    Task<IReadOnlyDictionary<SourcePartition, long>> OffsetsForTimeAsync(
        IReadOnlyCollection<SourcePartition> partitions, Instant time, CancellationToken cancellation);
}

/// <summary>A topic as the metadata name it.</summary>
/// <param name="TopicId">The incarnation: another one after the topic was deleted and made again.</param>
/// <param name="PartitionCount">Partitions are numbered from 0.</param>
public sealed record TopicDetails(string TopicId, int PartitionCount);

/// <summary>The brokers gave no answer in time, or one that says "later".</summary>
public sealed class LogUnavailableException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What keeps the client from the brokers, in its own words; null where it has told nothing.</summary>
    public string? Cause { get; init; }

    /// <summary>What a person would correct, as a sentence; null where it may only be a matter of time.</summary>
    public string? Remedy { get; init; }

    /// <summary>True where the brokers refused the login: whoever starts need not wait.</summary>
    public bool IsLoginRefused { get; init; }
}
