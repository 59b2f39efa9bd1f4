using System.Diagnostics;
using Confluent.Kafka;
using Npgsql;

namespace StreamAgg.EndToEnd.Tests.Harness;

/// <summary>Waits for a condition with a deadline: no test here sleeps for a time that it hopes is enough.</summary>
internal static class Eventually
{
    /// <summary>Far beyond what anything takes on an idle machine: a deadline tells a hang, not a slow machine.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(180);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>A server that is away answers "not yet".</summary>
    public static async Task TrueAsync(Func<Task<bool>> condition, Func<string> whatIsMissing, TimeSpan? within = null)
    {
        long started = Stopwatch.GetTimestamp();
        string away = "";
        while (true)
        {
            try
            {
                if (await condition())
                    return;
            }
            catch (Exception e) when (e is NpgsqlException or KafkaException)
            {
                away = $" ({e.Message})";
            }

            if (Stopwatch.GetElapsedTime(started) > (within ?? Deadline))
                throw new TimeoutException(whatIsMissing() + away);
            await Task.Delay(Pause);
        }
    }
}
