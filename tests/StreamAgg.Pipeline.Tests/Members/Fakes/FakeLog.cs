using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.DeadLetters;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Pipeline.Tests.Members.Fakes;

/// <summary>Notes what a member asks of its log.</summary>
internal sealed class FakeLog : IEventLog
{
    /// <summary>Where each partition was last started.</summary>
    public Dictionary<SourcePartition, long> Starts { get; } = [];

    public bool IsPaused { get; private set; }

    public void Subscribe()
    {
    }

    public void Poll(TimeSpan timeout, ILogHandler handler)
    {
    }

    public void Start(SourcePartition source, long nextOffset, int? leaderEpoch) => Starts[source] = nextOffset;

    public void Stop(SourcePartition source) => Starts.Remove(source);

    public void Pause() => IsPaused = true;

    public void Resume() => IsPaused = false;

    public void CommitOffsets(IReadOnlyCollection<KeyValuePair<SourcePartition, long>> nextOffsets)
    {
    }

    public void Close(ILogHandler handler)
    {
    }

    public void Dispose()
    {
    }
}

/// <summary>A topic of one incarnation whose partitions reach from 0 to <see cref="End"/>.</summary>
internal sealed class FakeMetadata : ILogMetadata
{
    public string TopicId { get; set; } = FirstTopicId;

    public const string FirstTopicId = "t1";

    public long End { get; set; } = 1000;

    public Task<IReadOnlyDictionary<string, TopicDetails>> DescribeAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyDictionary<string, TopicDetails>>(topics.ToDictionary(topic => topic, _ => new TopicDetails(TopicId, 4)));

    public Task<IReadOnlyDictionary<SourcePartition, long>> EndOffsetsAsync(
        IReadOnlyCollection<SourcePartition> partitions, CancellationToken cancellation) => All(partitions, End);

    public Task<IReadOnlyDictionary<SourcePartition, long>> BeginningOffsetsAsync(
        IReadOnlyCollection<SourcePartition> partitions, CancellationToken cancellation) => All(partitions, 0);

    public Task<IReadOnlyDictionary<SourcePartition, long>> OffsetsForTimeAsync(
        IReadOnlyCollection<SourcePartition> partitions, Instant time, CancellationToken cancellation) => All(partitions, 0);

    private static Task<IReadOnlyDictionary<SourcePartition, long>> All(IReadOnlyCollection<SourcePartition> partitions, long offset) =>
        Task.FromResult<IReadOnlyDictionary<SourcePartition, long>>(partitions.ToDictionary(source => source, _ => offset));
}

internal sealed class FakeLetters : IDeadLetterSink
{
    public long PendingLetters => 0;

    public long PendingBytes => 0;

    public void Send(in LogRecord record, ReadOnlySpan<Refusal> refusals, Instant refusedAt)
    {
    }

    public Task FlushAsync(CancellationToken cancellation) => Task.CompletedTask;
}
