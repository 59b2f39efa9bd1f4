using System.Runtime.ExceptionServices;

namespace StreamAgg.Kafka.Log;

/// <summary>The end of a consumer, bounded in time: closing one has no time-out of its own.</summary>
internal static class BoundedClose
{
    /// <summary>
    /// Runs it on a thread beside this one, which nothing in it may need any more. What it throws in time is thrown here: on a thread of
    /// its own it would end the process.
    /// </summary>
    /// <returns>False where it is still at it when the time is over.</returns>
    public static bool Of(Action close, TimeSpan timeout)
    {
        ExceptionDispatchInfo? fault = null;
        var closing = new Thread(() =>
        {
            try
            {
                close();
            }
#pragma warning disable CA1031 // Thrown again below. Where the time is over nobody is left to hear it.
            catch (Exception e)
#pragma warning restore CA1031
            {
                fault = ExceptionDispatchInfo.Capture(e);
            }
        })
        {
            IsBackground = true,
            Name = "streamagg-kafka-close",
        };
        closing.Start();
        if (!closing.Join(timeout))
            return false;

        fault?.Throw();
        return true;
    }
}
