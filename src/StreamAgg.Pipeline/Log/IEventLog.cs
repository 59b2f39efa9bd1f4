using StreamAgg.Pipeline.Faults;

namespace StreamAgg.Pipeline.Log;

/// <summary>One group member's view of the input topics. Every method is called on the member's own thread only.</summary>
/// <remarks>An assigned partition delivers nothing until it is started, and again nothing while the member is paused.</remarks>
public interface IEventLog : IDisposable
{
    /// <summary>Joins the group.</summary>
    void Subscribe();

    /// <summary>
    /// True while the group counts this log's consumer as a member, with partitions or without: a surplus member of the newer protocol is
    /// never told of an assignment. A log that can't tell says false; the first assignment tells then.
    /// </summary>
    bool IsMember => false;

    /// <summary>How long the group waits for a sign of life before it gives a member's partitions to others.</summary>
    TimeSpan SessionTimeout => TimeSpan.FromSeconds(45);

    /// <summary>
    /// Delivers what there is, up to a bounded batch; waits up to <paramref name="timeout"/> where there is nothing.
    /// Keeps the membership alive: call it often, paused or not.
    /// </summary>
    /// <exception cref="LogFatalException">The log can't go on: its message says what to do.</exception>
    void Poll(TimeSpan timeout, ILogHandler handler);

    /// <summary>Delivers the partition's records from <paramref name="nextOffset"/> on.</summary>
    /// <param name="source">Assigned to this member; otherwise the call does nothing.</param>
    /// <param name="nextOffset">0 or more.</param>
    /// <param name="leaderEpoch">The epoch of the record before, for the detection of truncation; null where unknown.</param>
    void Start(SourcePartition source, long nextOffset, int? leaderEpoch);

    /// <summary>Stops delivery from one partition until it is started again; nothing where it is not assigned.</summary>
    void Stop(SourcePartition source);

    /// <summary>Stops delivery from all partitions: memory is full.</summary>
    void Pause();

    /// <summary>Ends <see cref="Pause"/>.</summary>
    void Resume();

    /// <summary>Tells the group what is done, for lag tools. Best effort, returns at once, never read back.</summary>
    void CommitOffsets(IReadOnlyCollection<KeyValuePair<SourcePartition, long>> nextOffsets);

    /// <summary>
    /// Leaves the group. Partitions still owned go through <see cref="ILogHandler.OnRevoking"/> first, so end with a checkpoint before.
    /// </summary>
    void Close(ILogHandler handler);
}

/// <summary>The log can't go on (authorisation, a topic that is not there, a fenced static member): a person has to do something.</summary>
public sealed class LogFatalException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>With what is to be done about it.</summary>
    public LogFatalException(Diagnosis diagnosis, Exception? inner = null)
        : this(diagnosis.ToString(), inner) => Diagnosis = diagnosis;

    /// <summary>The message in its two halves; null where it is one.</summary>
    public Diagnosis? Diagnosis { get; }
}
