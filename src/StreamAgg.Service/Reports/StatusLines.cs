using System.Globalization;
using StreamAgg.Pipeline.Telemetry;

namespace StreamAgg.Service.Reports;

/// <summary>All of a status but its partitions, as pairs of a name and a value: the verb and the page show the same.</summary>
internal static class StatusLines
{
    public static IEnumerable<(string Name, string Value)> Of(StatusReport status)
    {
        yield return (
            "watermark",
            status.Watermark is { } watermark ? $"{watermark}, {Age(status.WatermarkAge)} behind the clock" : "unknown: a partition has none yet");
        yield return ("last checkpoint", status.CheckpointAge is { } age ? $"{Age(age)} ago, of the partition that waits longest" : "none yet");
        yield return ("open hours", Text(status.OpenHours));
        yield return ("dirty hours", Text(status.DirtyHours));
        yield return ("rows kept", Text(status.RowsKept));
        yield return ("refused", status.Events.LastHourText());
        if (status.Events.Refused > status.Events.RefusedLastHour)
            yield return ("", status.Events.EverText());
        yield return ("durations left out", Text(status.Events.DurationsLeftOut));
        if (status.Events.Skipped > 0)
            yield return ("skipped", $"{Text(status.Events.Skipped)} records without an event");
        foreach (var rollup in status.Rollups)
            yield return (
                $"rollup {rollup.Name}",
                rollup.CompleteFrom is { } from ? $"from {from} on" : "not yet: nothing is counted, or a member counts without it");
        foreach (var p in status.Partitions.Where(partition => partition.WaitsForTransaction))
            yield return (
                "open transaction",
                $"{p.Topic}-{p.Partition}: begun at offset {p.LastStableOffset} or before; {p.LogEndOffset - p.LastStableOffset} offsets wait for its end");
        if (status.KafkaSilence is { } silence)
            yield return ("Kafka", silence);
        if (status.Process is { } process)
            yield return ("this process", Text(process));
        if (status.Sizes.Count > 0)
            yield return ("state", $"{Megabytes(status.Sizes.Sum(size => size.Bytes))} MB: {Largest(status.Sizes)}");
        yield return ("gaps", Text(status.Gaps.Count));
        foreach (var gap in status.Gaps)
            yield return (
                "", $"{gap.Topic}-{gap.Partition}: offsets {Text(gap.From)} to {(gap.To is { } to ? Text(to) : "-")} at {gap.Time}: {gap.Reason}");
    }

    public static string Text(PipelineVitals process) =>
        $"last checkpoint {Age(process.CheckpointAge)} ago; {Text(process.FailedCheckpoints)} checkpoints and {Text(process.FailedPublications)} publications failed; "
        + $"{Text(process.PendingLetters)} dead letters wait ({Text(process.PendingLetterBytes)} bytes); "
        + $"{Text(process.HeldBytes)} bytes are held{(process.IsPaused ? "; reading is paused" : "")}";

    /// <summary>Seconds are enough for a person.</summary>
    public static string Age(TimeSpan? age) =>
        age is { } known ? TimeSpan.FromSeconds(Math.Max(0, Math.Floor(known.TotalSeconds))).ToString("c", CultureInfo.InvariantCulture) : "-";

    private static string Largest(IReadOnlyList<(string Table, long Bytes)> sizes) =>
        string.Join(", ", sizes.Take(3).Select(size => $"{size.Table} {Megabytes(size.Bytes)}"));

    private static string Megabytes(long bytes) => (bytes / 1e6).ToString("0.#", CultureInfo.InvariantCulture);

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
