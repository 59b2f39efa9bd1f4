using StreamAgg.Core.Time;
using StreamAgg.Gateway.Producing;
using StreamAgg.Pipeline.Options;
using StreamAgg.Service.Generate;
using StreamAgg.Service.Reports;
using StreamAgg.Traffic.Generating;
using StreamAgg.Traffic.Recount;

namespace StreamAgg.Service.Demo;

/// <summary>The simulated gateway: sends each record when the virtual clock reaches its timestamp, and keeps the recount.</summary>
internal sealed class DemoTraffic(
    TrafficGenerator generator, TrafficTally tally, GatewayProducer producer, PipelineTopics topics, VirtualClock clock, IReports reports,
    TimeProvider wall)
{
    /// <summary>The embedded broker drops what is older than 5 MB a partition, so nobody may run ahead of the reader by more than this
    /// and <see cref="RecordsBetweenLooks"/>: 12,000 records of some 300 bytes.</summary>
    private const long MaxLag = 6_000;

    private const int RecordsBetweenLooks = 6_000;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private long producedCount;

    /// <summary>Events sent so far; a malformed record is one. Any thread.</summary>
    public long ProducedCount => Interlocked.Read(ref producedCount);

    /// <summary>Sends what the clock has reached and waits until all of it is acknowledged.</summary>
    /// <param name="end">No record after this time is sent; null: there is no end.</param>
    /// <param name="abort">Ends every wait: the pipeline has failed, nobody reads any more.</param>
    public async Task RunAsync(Instant? end, CancellationToken stop, CancellationToken abort)
    {
        int sinceLook = 0;
        var reached = clock.Now;
        while (!stop.IsCancellationRequested && !(reached >= end))
        {
            reached = end is { } last ? Instant.Min(clock.Now, last) : clock.Now;
            foreach (var record in generator.Until(reached))
            {
                if (++sinceLook > RecordsBetweenLooks)
                {
                    sinceLook = 0;
                    await WaitForReaderAsync(abort);
                }

                var timestamp = new DateTimeOffset(record.RecordTimestamp.ToUtcDateTime());
                await producer.SendAsync(topics[record.Kind], record.Key, record.Value, timestamp, abort);
                tally.Add(record);
                Interlocked.Add(ref producedCount, record.ProducedCount);
            }

            await Task.Delay(Tick, wall, abort);
        }

        await producer.FlushAsync(abort);
    }

    private async Task WaitForReaderAsync(CancellationToken abort)
    {
        await producer.FlushAsync(abort);
        while ((await reports.StatusAsync(abort)).Partitions.Any(partition => partition.Lag > MaxLag))
            await Task.Delay(Tick * 2, wall, abort);
    }
}
