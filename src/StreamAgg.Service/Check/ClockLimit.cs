using StreamAgg.Service.Configuration;

namespace StreamAgg.Service.Check;

/// <summary>How far two clocks may be apart: as far as an event's time may lie ahead of its record's.</summary>
internal static class ClockLimit
{
    public const string Remedy = "Set the clock that is wrong, by NTP: hours close by PostgreSQL's, and records are stamped by others.";

    /// <summary>What clocks that are set by NTP differ by at most.</summary>
    private static readonly TimeSpan Smallest = TimeSpan.FromSeconds(1);

    public static TimeSpan Of(Settings settings) => settings.Pipeline.MaxFuture > Smallest ? settings.Pipeline.MaxFuture : Smallest;
}
