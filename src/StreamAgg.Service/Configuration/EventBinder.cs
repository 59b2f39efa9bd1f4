using StreamAgg.Core.Events;

namespace StreamAgg.Service.Configuration;

/// <summary>The settings of section <c>Events</c>: what gateways mean by what they write.</summary>
internal static class EventBinder
{
    private const string AllowedUnits = "allowed is s, ms, us or ns";

    /// <summary>Days are kept or removed whole, and a day must have been published before.</summary>
    private static readonly TimeSpan MinRetention = TimeSpan.FromDays(2), MaxRetention = TimeSpan.FromDays(36_525);

    public static EventOptions Bind(SettingsReader reader)
    {
        var defaults = new EventOptions();
        return new()
        {
            MaxDuration = reader.Duration("Events:MaxDuration", defaults.MaxDuration, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            MaxAge = reader.DurationOrKeep("Retention", MinRetention, MaxRetention),
            LabelCase = reader.Choice("Events:LabelCase", defaults.LabelCase),
            TimeUnit = Unit(reader, "Events:TimeUnit"),
            DurationUnit = Unit(reader, "Events:DurationUnit"),
        };
    }

    private static TimeUnit Unit(SettingsReader reader, string key) =>
        UnitOf(reader.Text(key, "ms", AllowedUnits, text => UnitOf(text) is not null))!.Value;

    private static TimeUnit? UnitOf(string text) => text switch
    {
        "s" => TimeUnit.Seconds,
        "ms" => TimeUnit.Milliseconds,
        "us" => TimeUnit.Microseconds,
        "ns" => TimeUnit.Nanoseconds,
        _ => null,
    };
}
