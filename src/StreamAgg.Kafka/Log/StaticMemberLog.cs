using Microsoft.Extensions.Logging;
using StreamAgg.Kafka.Logging;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Kafka.Log;

/// <summary>A group member that waits for the session of the one before it, where that one crashed under the same group.instance.id.</summary>
/// <remarks>
/// The newer group protocol counts a member that crashed until its session ends, refuses another under its id meanwhile, and the client takes that
/// for its own end: so it is made anew. Whether the other one lives cannot be asked; it lives if it is there when its session would have ended.
/// </remarks>
public sealed class StaticMemberLog : IEventLog
{
    /// <summary>Longer than a session: the brokers' group.consumer.session.timeout.ms is 45 s by default, its upper limit 60 s.</summary>
    public static readonly TimeSpan HeldIdTimeout = TimeSpan.FromSeconds(65);

    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(2);

    private readonly Func<KafkaEventLog> open;
    private readonly string? instanceId;
    private readonly ILogger logger;
    private readonly TimeProvider time;
    private readonly TimeSpan heldIdTimeout;
    private KafkaEventLog? current;
    private long? refusedSince;
    private long refusedAt;
    private bool isPaused;

    /// <param name="member">This member's number within the process, from 0.</param>
    /// <exception cref="LogFatalException">The settings do not go together, or the client library is not the one that this is built for.</exception>
    public StaticMemberLog(
        KafkaOptions options, ILogger<KafkaEventLog> logger, int member = 0, int members = 1, TimeProvider? time = null,
        TimeSpan? heldIdTimeout = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        this.logger = logger;
        this.time = time ?? TimeProvider.System;
        this.heldIdTimeout = heldIdTimeout ?? HeldIdTimeout;
        instanceId = ClientSettings.Consumer(options, member, members).GetValueOrDefault(ClientSettings.GroupInstanceId);
        open = () => new KafkaEventLog(options, logger, member, members, time);
        current = open();
        SessionTimeout = current.SessionTimeout;
    }

    public TimeSpan SessionTimeout { get; }

    public bool IsMember => current is { IsMember: true };

    public void Subscribe() => current?.Subscribe();

    public void Poll(TimeSpan timeout, ILogHandler handler)
    {
        if (current is null && !Reopen(timeout))
            return;

        try
        {
            current!.Poll(timeout, handler);
        }
        catch (LogFatalException) when (current!.IsInstanceIdHeld)
        {
            StepBack();
            return;
        }

        if (refusedSince is not null && current.IsMember)
            refusedSince = null;
    }

    public void Start(SourcePartition source, long nextOffset, int? leaderEpoch) => current?.Start(source, nextOffset, leaderEpoch);

    public void Stop(SourcePartition source) => current?.Stop(source);

    public void Pause()
    {
        isPaused = true;
        current?.Pause();
    }

    public void Resume()
    {
        isPaused = false;
        current?.Resume();
    }

    public void CommitOffsets(IReadOnlyCollection<KeyValuePair<SourcePartition, long>> nextOffsets) => current?.CommitOffsets(nextOffsets);

    public void Close(ILogHandler handler) => current?.Close(handler);

    public void Dispose() => current?.Dispose();

    /// <returns>False while the pause between two tries lasts; no longer than the time-out is waited for its end.</returns>
    private bool Reopen(TimeSpan timeout)
    {
        TimeSpan left = RetryPause - time.GetElapsedTime(refusedAt);
        if (left > TimeSpan.Zero)
        {
            Thread.Sleep(left < timeout ? left : timeout);
            return false;
        }

        current = open();
        current.Subscribe();
        if (isPaused)
            current.Pause();

        return true;
    }

    private void StepBack()
    {
        refusedAt = time.GetTimestamp();
        if (refusedSince is null)
        {
            refusedSince = refusedAt;
            logger.InstanceIdHeld(instanceId ?? "", heldIdTimeout.TotalSeconds);
        }
        else if (time.GetElapsedTime(refusedSince.Value, refusedAt) >= heldIdTimeout)
        {
            throw new LogFatalException(
                $"Another member has held group.instance.id '{instanceId}' for {heldIdTimeout.TotalSeconds:0} s, longer than one that crashed would: it runs. "
                + "Stop it, or give every process an id of its own.");
        }

        // It has no partitions, and nobody to tell that it goes.
        current!.Dispose();
        current = null;
    }
}
