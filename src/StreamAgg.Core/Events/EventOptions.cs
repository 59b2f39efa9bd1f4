namespace StreamAgg.Core.Events;

/// <summary>What the gateways' numbers and labels mean. Ranges are checked by whoever binds the options.</summary>
public sealed record EventOptions
{
    /// <value>A longer duration is left out, its event counts. 1 s to 1 day, default 1 day.</value>
    public TimeSpan MaxDuration { get; init; } = TimeSpan.FromDays(1);

    /// <value>Default <see cref="Events.LabelCase.Keep"/>.</value>
    public LabelCase LabelCase { get; init; } = LabelCase.Keep;

    /// <value>How much older than its record's timestamp an event may be; null: as old as it likes. Of older hours nothing is kept to count it
    /// into.</value>
    public TimeSpan? MaxAge { get; init; }

    /// <value>What a plain number in <c>created_at</c> counts since 1970. Default milliseconds.</value>
    public TimeUnit TimeUnit { get; init; } = TimeUnit.Milliseconds;

    /// <value>What <c>duration_ms</c> is given in, whatever its name says. Default milliseconds.</value>
    public TimeUnit DurationUnit { get; init; } = TimeUnit.Milliseconds;
}

/// <summary>Whether spellings of a label that differ in case are one label.</summary>
public enum LabelCase
{
    /// <summary>As it is written.</summary>
    Keep,

    /// <summary>In lower case, by the invariant culture.</summary>
    Lower,
}

/// <summary>A unit of plain numbers; its value is the power of ten that a second has of it.</summary>
public enum TimeUnit
{
    Seconds = 0,
    Milliseconds = 3,
    Microseconds = 6,
    Nanoseconds = 9,
}
