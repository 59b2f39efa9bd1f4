using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace StreamAgg.Kafka.Logging;

/// <summary>Passes the native client's own lines on, by their severity.</summary>
internal static class ClientLogs
{
    public static Action<IClient, LogMessage> To(ILogger logger) => (_, line) =>
    {
        switch (line.Level)
        {
            case SyslogLevel.Emergency or SyslogLevel.Alert or SyslogLevel.Critical or SyslogLevel.Error or SyslogLevel.Warning:
                logger.ClientWarning(line.Name, line.Facility, line.Message);
                break;
            case SyslogLevel.Notice or SyslogLevel.Info:
                logger.ClientInformation(line.Name, line.Facility, line.Message);
                break;
            default:
                logger.ClientDebug(line.Name, line.Facility, line.Message);
                break;
        }
    };
}
