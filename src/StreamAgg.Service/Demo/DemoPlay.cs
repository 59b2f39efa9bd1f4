using StreamAgg.Core.Time;
using StreamAgg.Service.Configuration;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Generate;
using StreamAgg.Service.Run;
using StreamAgg.Traffic.Recount;

namespace StreamAgg.Service.Demo;

/// <summary>The acts of a demonstration: produce, close the last day, wait for every row, compare.</summary>
internal sealed class DemoPlay(
    Settings settings, DemoOptions options, PipelineHost host, VirtualClock clock, DemoTraffic traffic, TrafficTally tally, ILoggerFactory loggers,
    TimeProvider wall)
{
    private static readonly TimeSpan JoinLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RowsLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>More than any screen shows.</summary>
    private const int ShownRows = 200;

    private volatile string phase = "joining";
    private long startedAt = wall.GetTimestamp();

    public async Task<DemoOutcome> RunAsync(CancellationToken stop, CancellationToken abort)
    {
        await WaitAsync(() => Task.FromResult(host.Runner.IsReady), JoinLimit, "the consumer group was not joined", abort);
        clock.Start();
        startedAt = wall.GetTimestamp();
        phase = "producing";
        await traffic.RunAsync(options.Wall is { } duration ? DemoOptions.Start + (duration * options.Speed) : null, stop, abort);

        phase = "closing";
        clock.StopAt(EndOfTime());
        await WaitAsync(() => IsSettledAsync(abort), RowsLimit, "the rows were not all published", abort);

        phase = "comparing";
        var elapsed = wall.GetElapsedTime(startedAt);
        return await new DemoComparison(settings, host, tally, loggers).CompareAsync(elapsed, abort);
    }

    public async Task<DemoPicture> LookAsync(CancellationToken abort)
    {
        var now = clock.Now;
        return new DemoPicture(
            phase, now, traffic.ProducedCount, wall.GetElapsedTime(startedAt).TotalSeconds, await host.Reports.StatusAsync(abort),
            [.. (await host.Reports.LatestHoursAsync(now - TimeSpan.FromHours(48), now, ShownRows, abort)).Reverse()]);
    }

    /// <summary>Late enough that the last event's day is closed, however far ahead of its record an event may be.</summary>
    private Instant EndOfTime() =>
        (clock.Now + settings.Pipeline.MaxFuture).Hour.Day.End + settings.Pipeline.Grace + TimeSpan.FromHours(1);

    /// <summary>True once everything is read, and every row of it published.</summary>
    private async Task<bool> IsSettledAsync(CancellationToken abort)
    {
        var status = await host.Reports.StatusAsync(abort);
        return status is { TotalLag: 0, Watermark: not null, OpenHours: 0, DirtyHours: 0, DirtyDays: 0 };
    }

    private async Task WaitAsync(Func<Task<bool>> isDone, TimeSpan limit, string otherwise, CancellationToken abort)
    {
        long since = wall.GetTimestamp();
        while (!await isDone())
        {
            if (wall.GetElapsedTime(since) > limit)
                throw CommandFaultException.Dependency(
                    $"The demonstration stands still: {otherwise} within {limit.TotalSeconds:0} s. Try again on a machine with less to do.");
            await Task.Delay(Pause, wall, abort);
        }
    }
}
