using System.Globalization;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Telemetry;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Output;
using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Run;

/// <summary>Says once a minute when the next hour closes and what is open: the answer to "why is there no row yet".</summary>
internal sealed class MinuteLog(IReports reports, Func<PipelineVitals> vitals, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Period, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
                await SayAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop.
        }
    }

    public async Task SayAsync(CancellationToken stop)
    {
        StatusReport status;
        try
        {
            status = await reports.StatusAsync(stop);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            // A line that can't be said must end neither the lines to come nor the service: whether that goes on is for the pipeline to say.
            if (FaultText.CodeOf(fault) == ExitCode.Unexpected)
                logger.StatusFailed(fault);
            else
                logger.StatusUnknown(OneLine.Of(fault), StatusLines.Text(vitals()));
            return;
        }

        string lag = status.TotalLag?.ToString(CultureInfo.InvariantCulture)
            ?? (status.KafkaSilence is { } silence ? $"unknown ({silence})" : "unknown");
        string refused = status.Events.LastHourText();
        if (status.Watermark is { } watermark)
        {
            var closes = status.NextClose ?? watermark.Hour.End;
            logger.NextHour(new Hour(closes.Hour.SinceEpoch - 1), closes, watermark, status.OpenHours, status.DirtyHours, lag, refused);
            return;
        }

        string waiting = string.Join(' ', status.Partitions.Where(p => p.Watermark is null).Select(p => $"{p.Topic}-{p.Partition}"));
        logger.NoWatermark(waiting.Length > 0 ? waiting : "the topics", status.OpenHours, status.DirtyHours, lag, refused);
    }
}
