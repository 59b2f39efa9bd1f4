using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.DeadLetters;
using StreamAgg.Pipeline.Log;
using StreamAgg.Simulation.Log;

namespace StreamAgg.Simulation.Mutants;

/// <summary>The log's end is taken to be where the reader stands: the watermark follows the clock whatever the log holds.</summary>
internal sealed class WatermarkByTimer(ILogMetadata inner, SimConsumer consumer) : ILogMetadata
{
    public Task<IReadOnlyDictionary<string, TopicDetails>> DescribeAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) =>
        inner.DescribeAsync(topics, cancellation);

    public Task<IReadOnlyDictionary<SourcePartition, long>> EndOffsetsAsync(
        IReadOnlyCollection<SourcePartition> partitions, CancellationToken cancellation)
    {
        var ends = new Dictionary<SourcePartition, long>();
        foreach (SourcePartition source in partitions)
            ends[source] = consumer.PositionOf(source) ?? 0;
        return Task.FromResult<IReadOnlyDictionary<SourcePartition, long>>(ends);
    }

    public Task<IReadOnlyDictionary<SourcePartition, long>> BeginningOffsetsAsync(
        IReadOnlyCollection<SourcePartition> partitions, CancellationToken cancellation) => inner.BeginningOffsetsAsync(partitions, cancellation);

    public Task<IReadOnlyDictionary<SourcePartition, long>> OffsetsForTimeAsync(
        IReadOnlyCollection<SourcePartition> partitions, Instant time, CancellationToken cancellation) =>
        inner.OffsetsForTimeAsync(partitions, time, cancellation);
}

/// <summary>A topic is what it was when it was first described.</summary>
internal sealed class RemembersTopics(ILogMetadata inner) : ILogMetadata
{
    private readonly Dictionary<string, TopicDetails> known = [];

    public async Task<IReadOnlyDictionary<string, TopicDetails>> DescribeAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation)
    {
        foreach (var (topic, metadata) in await inner.DescribeAsync(topics, cancellation))
            known.TryAdd(topic, metadata);
        return topics.Where(known.ContainsKey).ToDictionary(static topic => topic, topic => known[topic]);
    }

    public Task<IReadOnlyDictionary<SourcePartition, long>> EndOffsetsAsync(
        IReadOnlyCollection<SourcePartition> partitions, CancellationToken cancellation) => inner.EndOffsetsAsync(partitions, cancellation);

    public Task<IReadOnlyDictionary<SourcePartition, long>> BeginningOffsetsAsync(
        IReadOnlyCollection<SourcePartition> partitions, CancellationToken cancellation) => inner.BeginningOffsetsAsync(partitions, cancellation);

    public Task<IReadOnlyDictionary<SourcePartition, long>> OffsetsForTimeAsync(
        IReadOnlyCollection<SourcePartition> partitions, Instant time, CancellationToken cancellation) =>
        inner.OffsetsForTimeAsync(partitions, time, cancellation);
}

/// <summary>A checkpoint does not wait for its dead letters.</summary>
internal sealed class LettersAfterCheckpoint(IDeadLetterSink inner) : IDeadLetterSink
{
    public long PendingLetters => inner.PendingLetters;

    public long PendingBytes => inner.PendingBytes;

    public void Send(in LogRecord record, ReadOnlySpan<Refusal> refusals, Instant refusedAt) => inner.Send(record, refusals, refusedAt);

    public Task FlushAsync(CancellationToken cancellation)
    {
        _ = inner.FlushAsync(cancellation);
        return Task.CompletedTask;
    }
}
