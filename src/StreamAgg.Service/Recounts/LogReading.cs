using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Recounting;
using StreamAgg.Pipeline.Store;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Recounts;

/// <summary>Reads the log into a recount, and tells how far it is.</summary>
internal sealed class LogReading(CountedLog log, LogRecount recount, ProgressLine progress)
{
    /// <summary>Records between two looks at the clock.</summary>
    private const int TellEvery = 1024;

    /// <summary>Reads on up to where the partitions are counted.</summary>
    public Task ReadAsync(IReadOnlyList<CountedPartition> counted, CancellationToken stop)
    {
        long total = recount.Records + log.Ahead(counted);
        return log.ReadAsync(
            counted,
            (in LogRecord record) =>
            {
                recount.OnRecord(record);
                if (recount.Records % TellEvery == 0)
                    progress.Tell(recount.Records, total);
            },
            stop);
    }

    /// <summary>Reads on up to where they are counted now.</summary>
    public async Task ReadOnAsync(IRecountStore store, CancellationToken stop) => await ReadAsync(await store.PositionsAsync(stop), stop);
}
