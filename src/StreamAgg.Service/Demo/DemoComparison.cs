using StreamAgg.Core.Time;
using StreamAgg.Gateway.Tally;
using StreamAgg.Kafka.DeadLetters;
using StreamAgg.Pipeline.Log;
using StreamAgg.Postgres.Queries;
using StreamAgg.Service.Configuration;
using StreamAgg.Service.Run;

namespace StreamAgg.Service.Demo;

/// <summary>Holds both tables, and the dead letters, against the recount of what was produced.</summary>
internal sealed class DemoComparison(Settings settings, PipelineHost host, TrafficTally tally, ILoggerFactory loggers)
{
    public async Task<DemoOutcome> CompareAsync(TimeSpan elapsed, CancellationToken abort)
    {
        var hourly = await host.Queries.HourlyAsync(null, null, null, int.MaxValue, abort);
        var daily = await host.Queries.DailyAsync(null, null, null, int.MaxValue, abort);
        var comparison = new TallyComparison(settings.Pipeline.Compression);
        var differences = new List<string>();
        Add(TallyTable.Hourly, tally.Hourly(), [.. hourly.Select(row => Published(row.BucketStart, row.Platform, row.Figures))]);
        Add(TallyTable.Daily, tally.Daily(), [.. daily.Select(row => Published(Day.FromDate(row.BucketDate).Start, row.Platform, row.Figures))]);
        long refused = await CountRefusedAsync(abort);
        if (refused != tally.Refused)
            differences.Add($"dead letters: expected {tally.Refused}, found {refused}");
        return new DemoOutcome(
            tally.Produced, hourly.Sum(row => row.Figures.RequestCount), refused, hourly.Count, daily.Count, differences, elapsed);

        void Add(TallyTable table, IReadOnlyList<ExpectedRow> expected, IReadOnlyList<PublishedRow> found) =>
            differences.AddRange(comparison.Compare(table, expected, found).Differences.Select(difference => difference.ToString()));
    }

    /// <summary>Each dead letter once. The embedded broker drops the oldest of very many: those it had are counted by its first offset.</summary>
    private async Task<long> CountRefusedAsync(CancellationToken abort)
    {
        string topic = settings.Kafka.DeadLetterTopic;
        long count = (await host.Facts.BeginningOffsetsAsync([new SourcePartition(topic, 0)], abort)).Values.Sum();
        var reader = new DeadLetterReader(settings.Kafka, host.Facts, loggers.CreateLogger<DeadLetterReader>());
        await foreach (var _ in reader.ReadAsync(cancellation: abort))
            count++;
        return count;
    }

    private static PublishedRow Published(Instant start, string platform, RowFigures f) => new(
        start, platform, f.RequestCount, f.SuccessCount, f.ErrorCount, f.Error4xxCount, f.Error5xxCount, f.TimeoutCount, f.AvgLatencyMs,
        f.P99LatencyMs, f.ErrorRate);
}
