using StreamAgg.Core.Time;

namespace StreamAgg.Service.Http.Page;

/// <summary>What the page shows: whole hours or whole days (UTC) up to the running one, or those that were asked for.</summary>
/// <param name="Name">In the link.</param>
/// <param name="Title">On its control.</param>
/// <param name="To">Exclusive: the end of the running hour or later where it goes up to now.</param>
/// <param name="Shift">How much earlier what it is compared with lies.</param>
/// <param name="Before">That, in words.</param>
internal sealed record PageRange(string Name, string Title, Instant From, Instant To, TimeSpan Shift, string Before)
{
    public const string Day = "day", Custom = "custom";

    /// <summary>So many days of a range have rows of hours; a longer one has rows of days.</summary>
    private static readonly TimeSpan LongestOfHours = TimeSpan.FromHours(72);

    /// <summary>A custom range is at most this long.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(92);

    /// <summary>Names and titles of those that go up to now.</summary>
    public static readonly IReadOnlyList<(string Name, string Title)> Named =
        [("hour", "Hour"), (Day, "Day"), ("week", "Week"), ("month", "30 days")];

    public bool HasDays => To - From > LongestOfHours;

    /// <summary>How long a bucket is.</summary>
    public TimeSpan Step => HasDays ? TimeSpan.FromDays(1) : TimeSpan.FromHours(1);

    public static PageRange Of(string name, Instant now)
    {
        var running = now.Hour;
        string title = Named.Single(range => range.Name == name).Title;
        return name switch
        {
            "hour" => new(name, title, running.Start - TimeSpan.FromHours(1), running.End, TimeSpan.FromDays(1), "a day ago"),
            Day => new(name, title, running.Start - TimeSpan.FromHours(23), running.End, TimeSpan.FromDays(1), "a day ago"),
            "week" => new(name, title, running.Day.Start - TimeSpan.FromDays(6), running.Day.End, TimeSpan.FromDays(7), "a week ago"),
            _ => new(name, title, running.Day.Start - TimeSpan.FromDays(29), running.Day.End, TimeSpan.FromDays(30), "30 days ago"),
        };
    }

    /// <summary>The whole hours or days that overlap what was asked for.</summary>
    public static PageRange Between(Instant from, Instant to)
    {
        Instant first = from.Hour.Start, end = (to - TimeSpan.FromTicks(1)).Hour.End;
        if (end - first > LongestOfHours)
            (first, end) = (from.Hour.Day.Start, (to - TimeSpan.FromTicks(1)).Hour.Day.End);
        int days = (int)Math.Ceiling((end - first).TotalDays);
        return new(Custom, "Custom", first, end, TimeSpan.FromDays(days), days == 1 ? "a day ago" : $"{days} days ago");
    }
}
