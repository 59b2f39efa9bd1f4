using Confluent.Kafka;

namespace StreamAgg.Kafka.Logging;

/// <summary>
/// Remembers what a client told of its connections since the brokers answered it last. Its requests fail by running out of time, whatever the
/// cause; the cause is told beside them, once. Any thread.
/// </summary>
internal sealed class ConnectionWatch
{
    private readonly Lock gate = new();
    private TaskCompletionSource refused = NewSignal();
    private ConnectionFault? fault;
    private bool areAllDown;

    /// <summary>The one that tells most; null where there was none.</summary>
    public ConnectionFault? Fault
    {
        get
        {
            lock (gate)
            {
                return fault;
            }
        }
    }

    /// <summary>Completes once a broker has refused the login and no other one is up.</summary>
    public Task LoginRefused
    {
        get
        {
            lock (gate)
            {
                return refused.Task;
            }
        }
    }

    /// <summary>An error of the client, or a line of its log about a connection.</summary>
    public void Add(ErrorCode code, string text)
    {
        ConnectionFault? told = ConnectionFault.Of(code, text);
        lock (gate)
        {
            areAllDown |= code == ErrorCode.Local_AllBrokersDown;
            if (told is not null && (fault is null || told.Kind >= fault.Kind))
                fault = told;

            if (areAllDown && fault is { IsLoginRefused: true })
                refused.TrySetResult();
        }
    }

    /// <summary>A broker answered: what was told before is over.</summary>
    public void Answered()
    {
        lock (gate)
        {
            fault = null;
            areAllDown = false;
            if (refused.Task.IsCompleted)
                refused = NewSignal();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
