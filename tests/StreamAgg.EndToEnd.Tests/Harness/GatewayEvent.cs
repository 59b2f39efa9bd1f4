using System.Globalization;
using System.Text;
using System.Text.Json;

namespace StreamAgg.EndToEnd.Tests.Harness;

/// <summary>One event as a test means it: it can be written as a gateway would, and counted by <see cref="Recount"/>.</summary>
internal sealed record GatewayEvent(bool IsError, DateTime Time, string Platform)
{
    /// <summary>Null: the request has no duration.</summary>
    public long? DurationMicros { get; init; }

    public int? StatusCode { get; init; }

    public bool? IsTimeout { get; init; }

    public string? ErrorType { get; init; }

    public string? ErrorMessage { get; init; }

    public static GatewayEvent Usage(DateTime time, string platform, double? milliseconds = null) =>
        new(false, time, platform) { DurationMicros = milliseconds is { } value ? (long)Math.Round(value * 1000) : null };

    public static GatewayEvent Error(DateTime time, string platform, int? status = null) => new(true, time, platform) { StatusCode = status };

    public string ToJson()
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("created_at", Time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("platform", Platform);
            if (DurationMicros is { } micros)
                json.WriteNumber("duration_ms", micros / 1000m);
            if (StatusCode is { } status)
                json.WriteNumber("status_code", status);
            if (IsTimeout is { } timeout)
                json.WriteBoolean("is_timeout", timeout);
            if (ErrorType is not null)
                json.WriteString("error_type", ErrorType);
            if (ErrorMessage is not null)
                json.WriteString("error_message", ErrorMessage);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}
