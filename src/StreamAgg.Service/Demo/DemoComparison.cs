using StreamAgg.Core.Aggregation;
using StreamAgg.Kafka.DeadLetters;
using StreamAgg.Pipeline.Log;
using StreamAgg.Service.Configuration;
using StreamAgg.Service.Run;
using StreamAgg.Traffic.Recount;

namespace StreamAgg.Service.Demo;

/// <summary>Holds both tables, and the dead letters, against the recount of what was produced.</summary>
internal sealed class DemoComparison(Settings settings, PipelineHost host, TrafficTally tally, ILoggerFactory loggers)
{
    public async Task<DemoOutcome> CompareAsync(TimeSpan elapsed, CancellationToken abort)
    {
        var differences = new List<string>();
        var hourly = await AddAsync(RowTable.Hourly, tally.Hourly());
        var daily = await AddAsync(RowTable.Daily, tally.Daily());
        long refused = await CountRefusedAsync(abort);
        if (refused != tally.Refused)
            differences.Add($"dead letters: expected {tally.Refused}, found {refused}");
        return new DemoOutcome(
            tally.Produced, hourly.Sum(row => row.Get<long>("request_count")), refused, hourly.Count, daily.Count, differences, elapsed);

        async Task<IReadOnlyList<PublishedRow>> AddAsync(RowTable table, IReadOnlyList<ExpectedRow> expected)
        {
            var found = await host.Queries.RowsAsync(table, null, null, null, int.MaxValue, abort);
            differences.AddRange(
                new TallyComparison(settings.Pipeline.Compression)
                    .Compare(table, expected, found).Differences.Select(difference => difference.ToString()));
            return found;
        }
    }

    /// <summary>Each dead letter once. The embedded broker drops the oldest of very many: those it had are counted by its first offset.</summary>
    private async Task<long> CountRefusedAsync(CancellationToken abort)
    {
        string topic = settings.Kafka.DeadLetterTopic;
        long count = (await host.Metadata.BeginningOffsetsAsync([new SourcePartition(topic, 0)], abort)).Values.Sum();
        var reader = new DeadLetterReader(settings.Kafka, host.Metadata, loggers.CreateLogger<DeadLetterReader>());
        await foreach (var _ in reader.ReadAsync(cancellation: abort))
            count++;
        return count;
    }
}
