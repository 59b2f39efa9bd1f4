using StreamAgg.Core.Time;

namespace StreamAgg.Service.Demo;

/// <summary>How a demonstration is played.</summary>
/// <param name="Wall">How long it produces, in wall time; null: until it is stopped.</param>
/// <param name="EventsPerSecond">In wall time; above 0.</param>
/// <param name="Speed">Event time per wall time; above 0.</param>
internal sealed record DemoOptions(TimeSpan? Wall, double EventsPerSecond, double Speed, ulong Seed)
{
    /// <summary>A day in 12 seconds.</summary>
    public const double DefaultSpeed = 7200;

    public const double DefaultEventsPerSecond = 3000;

    public const double DefaultSeconds = 60;

    /// <summary>When the played days begin: fixed, so that a run can be told apart from another by its seed alone.</summary>
    public static readonly Instant Start = Instant.FromUtc(new DateTime(2026, 1, 5, 0, 0, 0, DateTimeKind.Utc));
}
