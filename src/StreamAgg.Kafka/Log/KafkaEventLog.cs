using System.Runtime.ExceptionServices;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using StreamAgg.Kafka.Logging;
using StreamAgg.Kafka.Native;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Kafka.Log;

/// <summary>One group member over Confluent.Kafka's native client.</summary>
/// <remarks>
/// The client's own positions, committed offsets and auto.offset.reset are never relied upon. A partition is taken over parked, at
/// an offset that is never fetched; <see cref="Start"/> and <see cref="Resume"/> seek to the position that is kept here.
/// </remarks>
public sealed class KafkaEventLog : IEventLog, IGroupEvents
{
    /// <summary>Records a call of <see cref="Poll"/> hands over at most: a few milliseconds of work between two looks at the group.</summary>
    private const int BatchSize = 4096;

    private static readonly TimeSpan ReleaseTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ReleaseStep = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// For leaving the group, and once more for the client's end. Brokers that answer take milliseconds; the others learn of it by the
    /// session's end.
    /// </summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(3);

    /// <summary>The client's own; with the newer protocol the brokers', which have the same.</summary>
    private static readonly TimeSpan DefaultSessionTimeout = TimeSpan.FromSeconds(45);

    private readonly string[] topics;
    private readonly ILogger logger;
    private readonly ClientLines lines;
    private readonly TimeProvider time;
    private readonly ConsumerClient client;
    private readonly NativeConsumer native;
    private readonly Assignment assignment;
    private readonly TimeSpan releaseTimeout;
    private readonly FetchControl fetchControl;
    private readonly Delivery delivery;
    private ILogHandler? current;
    private ExceptionDispatchInfo? failure;

    /// <summary>The client goes on naming the generation that it was thrown out of, until it is in another one.</summary>
    private int lostGeneration;
    private bool isDisposed;

    /// <param name="member">This member's number within the process, from 0.</param>
    /// <param name="members">How many members the process has: they share the memory for reading ahead.</param>
    /// <exception cref="LogFatalException">The settings do not go together, or the client library is not the one that this is built for.</exception>
    public KafkaEventLog(KafkaOptions options, ILogger<KafkaEventLog> logger, int member = 0, int members = 1, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        this.logger = logger;
        this.time = time ?? TimeProvider.System;
        lines = new ClientLines(logger);
        topics = [.. options.Topics.All];
        Dictionary<string, string> settings = ClientSettings.Consumer(options, member, members);
        releaseTimeout = Milliseconds(settings, "max.poll.interval.ms") is { } interval && interval / 3 < ReleaseTimeout
            ? interval / 3
            : ReleaseTimeout;
        SessionTimeout = Milliseconds(settings, "session.timeout.ms") ?? DefaultSessionTimeout;
        client = new ConsumerClient(settings, lines, this);
        native = new NativeConsumer(client, topics, BatchSize);
        assignment = new Assignment(native, topics);
        fetchControl = new FetchControl(native, logger, lines, this.time);
        delivery = new Delivery(client, native, assignment, fetchControl, lines, new FatalAnswers(options), logger);
    }

    public bool IsMember => !isDisposed && native.Generation() is var generation && generation > 0 && generation != lostGeneration;

    public TimeSpan SessionTimeout { get; }

    /// <summary>True once the group has refused this member because another one holds its group.instance.id.</summary>
    internal bool IsInstanceIdHeld => delivery.IsInstanceIdHeld;

    public void Subscribe()
    {
        if (client.Subscribe(topics) is var code and not ErrorCode.NoError)
            throw new LogFatalException($"The Kafka client does not subscribe to {string.Join(" and ", topics)}: {code.GetReason()}.");
    }

    public void Poll(TimeSpan timeout, ILogHandler handler)
    {
        current = handler;
        fetchControl.Reconcile(assignment.Partitions);
        ReadOnlySpan<nint> messages = native.Consume(timeout);
        try
        {
            if (failure is null)
                delivery.Deliver(messages, handler);
        }
        finally
        {
            native.Return(messages);
        }

        failure?.Throw();
    }

    public void Start(SourcePartition source, long nextOffset, int? leaderEpoch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(nextOffset);
        if (assignment.Find(source) is { } partition)
        {
            partition.Start(nextOffset, leaderEpoch);
            fetchControl.Changed();
        }
    }

    public void Stop(SourcePartition source)
    {
        if (assignment.Find(source) is { } partition)
        {
            partition.Stop();
            fetchControl.Changed();
        }
    }

    public void Pause() => fetchControl.Pause(assignment.Partitions);

    public void Resume() => fetchControl.Resume();

    public void CommitOffsets(IReadOnlyCollection<KeyValuePair<SourcePartition, long>> nextOffsets)
    {
        ArgumentNullException.ThrowIfNull(nextOffsets);
        if (nextOffsets.Count > 0 && native.Commit(nextOffsets) is int code and not 0)
            logger.CommitFailed(((ErrorCode)code).GetReason());
    }

    public void Close(ILogHandler handler)
    {
        if (isDisposed)
            return;

        current = handler;
        failure = null;
        try
        {
            Leave(assignment.Partitions.All(partition => handler.IsReleased(partition.Source)) ? CloseTimeout : releaseTimeout + CloseTimeout);
        }
        finally
        {
            Dispose();
        }

        failure?.Throw();
    }

    public void Dispose()
    {
        if (isDisposed)
            return;

        isDisposed = true;
        current = null;
        assignment.Clear();
        native.Dispose();

        if (!BoundedClose.Of(CloseConsumer, CloseTimeout))
            logger.NotClosed(CloseTimeout.TotalSeconds);
    }

    private void CloseConsumer()
    {
        Tell(client.Close());
        client.Dispose();
    }

    /// <summary>Leaves the group by way of the handlers, on this thread, bounded in time whatever the brokers do.</summary>
    private void Leave(TimeSpan timeout)
    {
        long started = time.GetTimestamp();
        Tell(client.Unsubscribe());
        while (assignment.Count > 0 && time.GetElapsedTime(started) < timeout)
            native.Return(native.Consume(TimeSpan.FromMilliseconds(50)));

        if (assignment.Count > 0)
            Lose([.. assignment.Partitions.Select(partition => partition.Source)]);
    }

    // What follows runs inside native.Consume, on the member's thread, and never throws: the client would drop everything.

    void IGroupEvents.OnAssigned(List<SourcePartition> partitions) =>
        Guard(() =>
        {
            List<AssignedPartition> added = assignment.Add(partitions, time.GetTimestamp());
            logger.Assigned(added.Count);
            native.Pause(added);
            fetchControl.Changed();
            current?.OnAssigned([.. added.Select(partition => partition.Source)]);
        });

    void IGroupEvents.OnRevoked(List<SourcePartition> partitions)
    {
        List<SourcePartition> sources = assignment.Known(partitions);
        if (sources.Count == 0)
            return;

        Guard(() =>
        {
            logger.Revoking(sources.Count);
            foreach (SourcePartition source in sources)
                assignment.Find(source)?.Stop();

            current?.OnRevoking(sources);
            AwaitRelease(sources);
        });
        assignment.Remove(sources);
        Guard(() => current?.OnRevoked(sources));
    }

    void IGroupEvents.OnLost(List<SourcePartition> partitions) => Lose(partitions);

    void IGroupEvents.OnRefused(string reason) => Guard(() =>
        throw new LogFatalException($"The Kafka client does not follow its group: {reason.TrimEnd('.')}. Restart this process."));

    void IGroupEvents.OnCommitFailed(ErrorCode code) => Guard(() => logger.CommitFailed(code.GetReason()));

    private void Lose(List<SourcePartition> partitions)
    {
        List<SourcePartition> sources = assignment.Known(partitions);
        lostGeneration = native.Generation();
        if (sources.Count > 0)
        {
            assignment.Remove(sources);
            Guard(() =>
            {
                logger.Lost(sources.Count);
                current?.OnLost(sources);
            });
        }
    }

    private void AwaitRelease(List<SourcePartition> sources)
    {
        long started = time.GetTimestamp();
        while (current is { } handler && !sources.TrueForAll(handler.IsReleased))
        {
            if (time.GetElapsedTime(started) >= releaseTimeout)
            {
                logger.NotReleased(sources.Count(source => !handler.IsReleased(source)), releaseTimeout.TotalSeconds);
                return;
            }

            handler.Advance();
            Thread.Sleep(ReleaseStep);
        }
    }

    /// <summary>Keeps what a handler threw for the end of <see cref="Poll"/>, where it is thrown again.</summary>
    private void Guard(Action action)
    {
        try
        {
            action();
        }
#pragma warning disable CA1031 // Thrown again by Poll or Close; through native frames it would be lost, and the assignment with it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure ??= ExceptionDispatchInfo.Capture(e);
        }
    }

    private void Tell(ErrorCode code)
    {
        if (code != ErrorCode.NoError)
            lines.OnError(new Error(code));
    }

    private static TimeSpan? Milliseconds(Dictionary<string, string> settings, string property) =>
        settings.TryGetValue(property, out string? text) && int.TryParse(text, out int milliseconds) ? TimeSpan.FromMilliseconds(milliseconds) : null;
}
