using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Recounting;
using StreamAgg.Postgres.Queries;
using StreamAgg.Service.Output;
using StreamAgg.Service.Reports;
using StreamAgg.Traffic.Recount;

namespace StreamAgg.Service.Recounts;

/// <summary>The topics, up to where a snapshot says that they were counted.</summary>
internal sealed class LogSource(OpenServers open, VerifySnapshot snapshot, CountedLog log, Terminal terminal, TimeProvider clock) : IRecountSource
{
    public Instant Reach => log.Reach;

    public IReadOnlyList<string> Missing => log.Missing;

    public static async Task<IRecountSource> OpenAsync(
        OpenServers open, VerifySnapshot snapshot, Terminal terminal, TimeProvider clock, CancellationToken stop) =>
        new LogSource(open, snapshot, await CountedLog.OpenAsync(open, snapshot.Partitions, clock, stop), terminal, clock);

    public async Task ReadAsync(ExactRecount into, Hour from, Hour to, CancellationToken stop)
    {
        foreach (var e in snapshot.Replayed)
            into.Add(e.Key.Bucket, [.. open.Settings.Pipeline.Rollups.Select(e.LabelIn)], e.Totals);
        using var progress = new ProgressLine(terminal, "records", clock);
        var recount = new LogRecount(open.Settings.Pipeline, open.Settings.Topics, snapshot.Replayed, into);
        await new LogReading(log, recount, progress).ReadAsync(snapshot.Partitions, stop);
    }

    public void Dispose() => log.Dispose();
}
