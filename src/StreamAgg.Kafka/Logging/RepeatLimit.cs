namespace StreamAgg.Kafka.Logging;

/// <summary>Lets the same text through once in <see cref="Window"/>, and counts what it held back meanwhile. Any thread.</summary>
internal sealed class RepeatLimit(TimeProvider time)
{
    /// <summary>While the brokers are away the native clients say so several times a second; twice a minute tells a person as much.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(30);

    /// <summary>Texts remembered. They name brokers and partitions, of which a cluster has no end.</summary>
    public const int Capacity = 256;

    /// <summary>Shared by the process's clients: each of them says the same of the same brokers.</summary>
    public static readonly RepeatLimit OfProcess = new(TimeProvider.System);

    private readonly Lock gate = new();
    private readonly Dictionary<string, (long PassedAt, int HeldBack)> texts = new(StringComparer.Ordinal);

    /// <returns>How often the same text was held back since it passed last; null where it is to be held back now.</returns>
    public int? Pass(string text)
    {
        long now = time.GetTimestamp();
        lock (gate)
        {
            bool isKnown = texts.TryGetValue(text, out var seen);
            if (isKnown && time.GetElapsedTime(seen.PassedAt, now) < Window)
            {
                texts[text] = seen with { HeldBack = seen.HeldBack + 1 };
                return null;
            }

            // All at once: each of them then passes once more than it had to, which is cheaper than knowing the oldest.
            if (!isKnown && texts.Count >= Capacity)
                texts.Clear();

            texts[text] = (now, 0);
            return seen.HeldBack;
        }
    }
}
