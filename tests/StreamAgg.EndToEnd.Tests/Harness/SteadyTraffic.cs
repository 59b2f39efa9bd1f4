namespace StreamAgg.EndToEnd.Tests.Harness;

/// <summary>Requests of some hours of the past, out of order, the same from the same seed.</summary>
/// <remarks>At most 60 different durations: then every p99 has to be equal to the exact one, not only near it.</remarks>
internal sealed class SteadyTraffic(int seed, DateTime from, double hours)
{
    private const int Durations = 60;

    private static readonly string[] Platforms = ["anthropic", "openai", "gemini", "", "azure 東 😀"];
    private static readonly string?[] Messages = [null, "context DEADLINE Exceeded while reading", "upstream Timeout", "Request timed out.", "bad request"];

    private readonly Random random = new(seed);

    /// <summary>Two hours before a day's end to two hours after it: two days, long closed.</summary>
    public static readonly DateTime Evening = new(2024, 3, 9, 22, 0, 0, DateTimeKind.Utc);

    public static SteadyTraffic AcrossMidnight(int seed) => new(seed, Evening, hours: 4);

    public IReadOnlyList<GatewayEvent> Next(int count) => [.. Enumerable.Range(0, count).Select(_ => Next())];

    private GatewayEvent Next()
    {
        var time = from.AddMilliseconds(random.NextInt64((long)TimeSpan.FromHours(hours).TotalMilliseconds));
        string platform = Platforms[random.Next(Platforms.Length)];
        if (random.Next(5) > 0)
            return new GatewayEvent(false, time, platform) { DurationMicros = random.Next(10) == 0 ? null : 1_234_567L + random.Next(Durations) * 98_765_432L / 100 };
        return new GatewayEvent(true, time, platform)
        {
            StatusCode = random.Next(4) == 0 ? null : random.Next(390, 600),
            IsTimeout = random.Next(3) switch { 0 => true, 1 => false, _ => null },
            ErrorType = random.Next(4) == 0 ? "timeout_error" : "api_error",
            ErrorMessage = Messages[random.Next(Messages.Length)],
        };
    }
}
