using System.Globalization;
using System.Text.Json;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Queries;

namespace StreamAgg.Service.Reports;

/// <summary>What became of the events that were read: how many were refused, of how many, and why.</summary>
internal sealed record EventFigures(IReadOnlyList<EventTotal> Totals)
{
    private const int ShownReasons = 3;

    public static EventFigures None { get; } = new([]);

    public long Read => Sum(EventOutcome.Accepted, total => total.Total) + Refused;

    public long ReadLastHour => Sum(EventOutcome.Accepted, total => total.LastHour) + RefusedLastHour;

    public long Refused => Sum(EventOutcome.Refused, total => total.Total);

    public long RefusedLastHour => Sum(EventOutcome.Refused, total => total.LastHour);

    public long DurationsLeftOut => Sum(EventOutcome.DurationLeftOut, total => total.Total);

    public long Skipped => Sum(EventOutcome.Skipped, total => total.Total);

    /// <summary>One clause for a person: the last hour's refusals, the commonest reasons first.</summary>
    public string LastHourText() => Text(RefusedLastHour, ReadLastHour, "in the last hour", total => total.LastHour);

    /// <summary>The same, of all that was ever read.</summary>
    public string EverText() => Text(Refused, Read, "since the first", total => total.Total);

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject("refused");
        json.WriteNumber("total", Refused);
        json.WriteNumber("last_hour", RefusedLastHour);
        json.WriteNumber("read_total", Read);
        json.WriteNumber("read_last_hour", ReadLastHour);
        json.WriteStartObject("reasons");
        foreach (var (reason, events) in Reasons(total => total.Total))
            json.WriteNumber(reason, events);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteNumber("durations_left_out", DurationsLeftOut);
        json.WriteNumber("skipped", Skipped);
    }

    private string Text(long refused, long read, string when, Func<EventTotal, long> count)
    {
        if (refused == 0)
            return string.Create(CultureInfo.InvariantCulture, $"none of {read} events read {when}");
        var reasons = Reasons(count);
        string shown = string.Join(
            ", ", reasons.Take(ShownReasons).Select(reason => string.Create(CultureInfo.InvariantCulture, $"{reason.Reason} {reason.Events}")));
        string more = reasons.Count > ShownReasons ? $" and {reasons.Count - ShownReasons} more reasons" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{refused} of {read} events read {when}: {shown}{more}");
    }

    private List<(string Reason, long Events)> Reasons(Func<EventTotal, long> count) =>
        [.. Totals.Where(total => total.Outcome == EventOutcome.Refused && count(total) > 0)
            .Select(total => (total.Reason, Events: count(total)))
            .OrderByDescending(reason => reason.Events).ThenBy(reason => reason.Reason, StringComparer.Ordinal)];

    private long Sum(string outcome, Func<EventTotal, long> count) => Totals.Where(total => total.Outcome == outcome).Sum(count);
}
