using System.Diagnostics.Tracing;
using OpenTelemetry;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Telemetry;

/// <summary>Says in the log that telemetry does not arrive, once for each signal, and again when it does: the exporter itself is silent.</summary>
/// <remarks>Whether it arrives the exporter says; why not, only its own diagnostics know, which this listens to.</remarks>
internal sealed class TelemetryWatch : EventListener
{
    private const string Diagnostics = "OpenTelemetry-Exporter-OpenTelemetryProtocol";
    private const int MaxReasonLength = 400;

    private readonly ILogger logger;
    private readonly HashSet<string> silent = new(StringComparer.Ordinal);
    private readonly Lock gate = new();

    /// <summary>Exports run on threads of their own, and what goes wrong is told on the same one.</summary>
    [ThreadStatic]
    private static string? reason;

    public TelemetryWatch(ILogger logger)
    {
        this.logger = logger;
        // Sources that were there before are told to the base class's constructor, when nothing could be kept yet.
        foreach (var source in EventSource.GetSources())
            Listen(source);
    }

    /// <param name="signal">metrics or traces.</param>
    public ExportResult Ended(string signal, Uri endpoint, ExportResult result)
    {
        string shown = endpoint.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);
        lock (gate)
        {
            if (result == ExportResult.Success && silent.Remove(signal))
                logger.TelemetryArrives(signal, shown);
            else if (result != ExportResult.Success && silent.Add(signal))
                logger.TelemetryLost(signal, shown, reason ?? "nobody says why");
        }

        reason = null;
        return result;
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (logger is not null)
            Listen(eventSource);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        // The first is the endpoint, the others quote exceptions whole: their first line, and those of what lies behind them, say it.
        var said = (eventData.Payload ?? []).Skip(1).OfType<string>().Where(text => text.Length > 0)
            .SelectMany(text => text.Split('\n').Where((line, i) => i == 0 || line.Contains("---> ", StringComparison.Ordinal)))
            .Select(line => line.Replace("---> ", "", StringComparison.Ordinal).Trim());
        if (string.Join("; ", said.Distinct(StringComparer.Ordinal)) is { Length: > 0 } text)
            reason = text[..Math.Min(text.Length, MaxReasonLength)];
    }

    private void Listen(EventSource source)
    {
        if (source.Name == Diagnostics)
            EnableEvents(source, EventLevel.Warning);
    }
}
