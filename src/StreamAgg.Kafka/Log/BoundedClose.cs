using Confluent.Kafka;

namespace StreamAgg.Kafka.Log;

/// <summary>The end of a consumer, bounded in time: closing one has no time-out of its own.</summary>
internal static class BoundedClose
{
    /// <summary>Closes and disposes of it on a thread beside this one, which no handler of its may need any more.</summary>
    /// <returns>Null, or why it is still at it when the time is over.</returns>
    public static string? Of(IConsumer<Ignore, Ignore> consumer, TimeSpan timeout)
    {
        string reason = "it is still waiting for a broker";
        var closing = new Thread(() =>
        {
            try
            {
                consumer.Close();
            }
            catch (KafkaException e)
            {
                Volatile.Write(ref reason, e.Error.Reason);
            }
            finally
            {
                consumer.Dispose();
            }
        })
        {
            IsBackground = true,
            Name = "streamagg-kafka-close",
        };
        closing.Start();
        return closing.Join(timeout) ? null : Volatile.Read(ref reason);
    }
}
