using System.Diagnostics.Metrics;
using StreamAgg.Pipeline.Telemetry;
using StreamAgg.Service.Configuration;
using StreamAgg.Service.Output;
using StreamAgg.Service.Telemetry;

namespace StreamAgg.Service.Recounts;

/// <summary>Compares once, or over and over until it is stopped.</summary>
internal sealed class VerifyWatch(Settings settings, VerifyRun run, VerifyRange range, Terminal terminal, TimeProvider clock, bool isJson)
{
    /// <returns>True where the last comparison found no difference.</returns>
    public async Task<bool> RunAsync(TimeSpan? every, CancellationToken stop)
    {
        if (every is not { } period)
            return await CompareAsync(stop) == 0;
        using var loggers = ProcessLog.Create(SettingSources.Read([]), clock, isQuiet: false);
        using var telemetry = TelemetryExport.Start(settings.Pipeline.MaxPlatforms, loggers.CreateLogger<VerifyWatch>());
        using var meter = new Meter(StreamAggMetrics.Name);
        long? differences = null;
        meter.CreateObservableGauge(
            "streamagg.verify.differences", () => differences is { } known ? (Measurement<long>[])[new(known)] : [], "{row}", "Rows that differed from the last recount.");
        try
        {
            while (true)
            {
                differences = await CompareAsync(stop);
                await Task.Delay(period, clock, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return differences is null or 0;
        }
    }

    private async Task<int> CompareAsync(CancellationToken stop)
    {
        var report = await run.RunAsync(range, stop);
        terminal.Show(isJson, report.WriteJson, report.Write);
        return report.Differences;
    }
}
