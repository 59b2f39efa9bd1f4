using System.Globalization;
using StreamAgg.Core.Aggregation;
using StreamAgg.Traffic.Generating;

namespace StreamAgg.Service.Demo;

/// <summary>The words that both views share.</summary>
internal static class DemoSummary
{
    public static string Start(string url, DemoOptions options) => string.Create(CultureInfo.InvariantCulture,
        $"streamagg demo: look at {url}{Environment.NewLine}"
        + $"An embedded broker and PostgreSQL, {options.EventsPerSecond:N0} events a second, a day in {86_400 / options.Speed:0.#} s "
        + $"({(options.Wall is { } wall ? $"{wall.TotalSeconds:0.#} s" : "until Ctrl+C")}). {string.Join(". ", Incident.Story.Select(Told))}.");

    private static string Told(Incident incident) =>
        string.Create(CultureInfo.InvariantCulture, $"On day {incident.Day} {incident.What} ({incident.From:hh\\:mm} to {incident.To:hh\\:mm})");

    public static string Progress(DemoPicture p) => string.Create(CultureInfo.InvariantCulture,
        $"{p.Phase}: clock {p.Now.ToUtcDateTime():yyyy-MM-dd HH:mm}Z, {p.ProducedCount:N0} events ({p.EventsPerSecond:N0}/s), "
        + $"lag {p.Status.TotalLag?.ToString("N0", CultureInfo.InvariantCulture) ?? "?"}, watermark {p.Status.Watermark?.ToUtcDateTime().ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture) ?? "none"}, "
        + $"open hours {p.Status.OpenHours}, to publish {p.Status.DirtyHours}");

    public static string End(DemoOutcome o) => string.Create(CultureInfo.InvariantCulture,
        $"{o.Produced:N0} events produced, {o.Accepted:N0} counted, {o.Refused:N0} refused, in {o.RowsHourly:N0} hourly and {o.RowsDaily:N0} daily rows; "
        + $"{(o.Differences.Count == 0 ? "no difference" : $"{o.Differences.Count} DIFFERENCES")} to what was produced ({o.Duration.TotalSeconds:0.0} s)");

    /// <summary>For who would have liked to look around: the page is gone with the process.</summary>
    public const string Again = "The page ends here; with --seconds 0 it stays until Ctrl+C.";

    public static string[] Columns { get; } = ["Hour", "Platform", "Requests", "Errors", "Mean ms", "p99 ms", "Err %"];

    public static string[] Cells(PublishedRow row) =>
    [
        // Month, day, hour and minute: a table as wide as 80 columns holds no more.
        row.Start.ToString()[5..16].Replace('T', ' '), row.Label.Length == 0 ? "''" : row.Label,
        Text(row.Get<long>("request_count")), Text(row.Get<long>("error_count")),
        Milliseconds(row.Get<double?>("avg_latency_ms")), Milliseconds(row.Get<double?>("p99_latency_ms")),
        row.Get<double>("error_rate").ToString("N1", CultureInfo.InvariantCulture),
    ];

    private static string Text(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Tenths only where they say something: the table has to fit in 80 columns with a day-long request in it, too.</summary>
    private static string Milliseconds(double? value) => value?.ToString(value < 1000 ? "N1" : "N0", CultureInfo.InvariantCulture) ?? "-";
}
