using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace StreamAgg.Kafka.Logging;

/// <summary>Passes a client's lines and errors on, by severity; what repeats is said once in <see cref="RepeatLimit.Window"/>. Any thread.</summary>
/// <param name="limit">The process's where null.</param>
internal sealed class ClientLines(ILogger logger, RepeatLimit? limit = null, ConnectionWatch? watch = null)
{
    /// <summary>Lines about connections that failed.</summary>
    private const string Failures = "FAIL";

    private readonly RepeatLimit repeats = limit ?? RepeatLimit.OfProcess;

    public void OnLog(IClient client, LogMessage line) => Log(line.Name, line.Facility, line.Level, line.Message);

    public void OnError(Error error)
    {
        watch?.Add(error.Code, error.Reason);
        // "1/1 brokers are down" and "0/1 brokers are down" take turns, and say the same.
        string text = error.Code == ErrorCode.Local_AllBrokersDown ? "" : error.Reason;
        Error(error.Code.ToString(), error.Reason, text);
    }

    public void Log(string client, string facility, SyslogLevel level, string text)
    {
        if (facility == Failures)
            watch?.Add(ErrorCode.Local_Transport, text);

        // A failed connection is both logged and raised as an error, which is the one for people; one that a broker closed is logged alone.
        if (level == SyslogLevel.Debug || (facility == Failures && level <= SyslogLevel.Error))
        {
            logger.ClientDebug(client, facility, text);
            return;
        }

        if (repeats.Pass(WithoutTimes(text)) is not { } heldBack)
            return;

        if (level is SyslogLevel.Notice or SyslogLevel.Info)
        {
            logger.ClientInformation(client, facility, text, Told(heldBack));
        }
        else
        {
            logger.ClientWarning(client, facility, text, Told(heldBack));
        }
    }

    /// <summary>An error that the client goes on in spite of.</summary>
    public void Error(string code, string reason) => Error(code, reason, reason);

    /// <summary>Likewise, of one partition.</summary>
    public void PartitionError(string topic, int partition, string code, string reason)
    {
        if (repeats.Pass($"{topic}-{partition} {code}{WithoutTimes(reason)}") is { } heldBack)
            logger.PartitionError(topic, partition, code, reason, Told(heldBack));
    }

    /// <summary>Likewise, of a dead letter: every one that waits meets it, several times a second.</summary>
    public void LetterRetried(string code, string reason)
    {
        if (repeats.Pass($"letter {code}{WithoutTimes(reason)}") is { } heldBack)
            logger.DeadLetterRetried(code, reason, Told(heldBack));
    }

    private void Error(string code, string reason, string text)
    {
        if (repeats.Pass(code + WithoutTimes(text)) is { } heldBack)
            logger.ClientError(code, reason, Told(heldBack));
    }

    /// <summary>The client ends its lines with how long it tried and what it left out itself: "(after 3ms in state CONNECT, …)".</summary>
    private static string WithoutTimes(string text)
    {
        int at = text.IndexOf(" (after ", StringComparison.Ordinal);
        return at < 0 ? text : text[..at];
    }

    private static string Told(int heldBack) => heldBack == 0 ? "" : $" ({heldBack} more like this since it was said last)";
}
