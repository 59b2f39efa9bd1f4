using System.Globalization;
using StreamAgg.Pipeline.Options;
using StreamAgg.Service.Faults;

namespace StreamAgg.Service.Telemetry;

/// <summary>The standard <c>OTEL_*</c> variables that have a say here, and what may stand in them: the library takes a wrong one for none.</summary>
internal static class TelemetryVariables
{
    private const string Url = "an http:// or https:// URL, such as http://localhost:4317";
    private const string Number = "a whole number of milliseconds";
    private const string Pairs = "a list of key=value, separated by commas";

    private static readonly (string Name, string Allowed, Func<string, bool> IsValid)[] Rules =
    [
        ("OTEL_SDK_DISABLED", "true or false", text => bool.TryParse(text, out _)),
        ("OTEL_METRICS_EXPORTER", "otlp or none", IsOneOf("otlp", "none")),
        ("OTEL_TRACES_EXPORTER", "otlp or none", IsOneOf("otlp", "none")),
        .. Signals("ENDPOINT", Url, IsUrl),
        .. Signals("PROTOCOL", "grpc or http/protobuf", IsOneOf("grpc", "http/protobuf")),
        .. Signals("HEADERS", Pairs, IsPairs),
        .. Signals("TIMEOUT", Number, IsNumber),
        .. Signals("COMPRESSION", "gzip or none", IsOneOf("gzip", "none")),
        ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "cumulative, delta or lowmemory", IsOneOf("cumulative", "delta", "lowmemory")),
        ("OTEL_METRIC_EXPORT_INTERVAL", Number, IsNumber),
        ("OTEL_METRIC_EXPORT_TIMEOUT", Number, IsNumber),
        ("OTEL_BSP_SCHEDULE_DELAY", Number, IsNumber),
        ("OTEL_BSP_EXPORT_TIMEOUT", Number, IsNumber),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "a whole number", IsNumber),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "a whole number", IsNumber),
        ("OTEL_TRACES_SAMPLER", "always_on, always_off, traceidratio, or one of these after parentbased_",
            IsOneOf("always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio")),
        ("OTEL_TRACES_SAMPLER_ARG", "a number from 0 to 1",
            text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double share) && share is >= 0 and <= 1),
        ("OTEL_RESOURCE_ATTRIBUTES", Pairs, IsPairs),
    ];

    /// <summary>They are settings, and checked as such: before anything is connected.</summary>
    /// <param name="variable">Reads a variable; null where it is not set.</param>
    /// <exception cref="CommandFaultException">One line for each wrong one.</exception>
    public static void Check(Func<string, string?> variable)
    {
        string[] faults = [.. Rules.Select(rule => FaultOf(rule, variable(rule.Name)?.Trim())).OfType<string>()];
        if (faults.Length > 0)
            throw CommandFaultException.Usage(faults);
    }

    private static string? FaultOf((string Name, string Allowed, Func<string, bool> IsValid) rule, string? value)
    {
        if (string.IsNullOrEmpty(value) || rule.IsValid(value))
            return null;
        // Headers hold tokens, and an address may hold a login.
        string shown = rule.Name.EndsWith("HEADERS", StringComparison.Ordinal) || Secrets.MayHold(rule.Name, value) ? "" : $" = '{value}'";
        return $"{rule.Name}{shown}: allowed is {rule.Allowed}.";
    }

    /// <summary>The general variable and that of each signal.</summary>
    private static IEnumerable<(string, string, Func<string, bool>)> Signals(string what, string allowed, Func<string, bool> isValid) =>
        from signal in (string[])["", "METRICS_", "TRACES_"]
        select ($"OTEL_EXPORTER_OTLP_{signal}{what}", allowed, isValid);

    private static bool IsUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0;

    private static bool IsNumber(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value > 0;

    private static bool IsPairs(string text) =>
        text.Split(',').All(pair => string.IsNullOrWhiteSpace(pair) || pair.IndexOf('=', StringComparison.Ordinal) > 0);

    private static Func<string, bool> IsOneOf(params string[] allowed) => text => allowed.Contains(text, StringComparer.OrdinalIgnoreCase);
}
