using System.Text;
using System.Text.Json;
using StreamAgg.Core.Events;
using StreamAgg.Gateway.Events;

namespace StreamAgg.Gateway.Tests.Events;

public sealed class GatewayJsonTests
{
    private static readonly DateTimeOffset When = new(2025, 1, 31, 15, 30, 0, 250, TimeSpan.FromHours(5.5));

    [Fact]
    public void A_usage_event_is_written_as_the_contract_names_it() =>
        Assert.Equal(
            """{"created_at":"2025-01-31T15:30:00.25+05:30","platform":"openai","group_platform":"g","account_platform":"a","duration_ms":1234.567,"request_id":"r","model":"m"}""",
            JsonSerializer.Serialize(
                new UsageEvent { CreatedAt = When, Platform = "openai", GroupPlatform = "g", AccountPlatform = "a", DurationMs = 1234.567m, RequestId = "r", Model = "m" },
                GatewayJson.Default.UsageEvent));

    [Fact]
    public void An_error_event_is_written_as_the_contract_names_it() =>
        Assert.Equal(
            """{"platform":"openai","status_code":504,"error_type":"timeout","error_message":"slow","is_timeout":true}""",
            JsonSerializer.Serialize(
                new ErrorEvent { Platform = "openai", StatusCode = 504, ErrorType = "timeout", ErrorMessage = "slow", IsTimeout = true }, GatewayJson.Default.ErrorEvent));

    [Fact]
    public void A_requests_event_is_written_as_the_contract_names_it() =>
        Assert.Equal(
            """{"platform":"openai","success":false,"duration_ms":12.5,"status_code":504,"error_type":"timeout","error_message":"slow","is_timeout":true,"request_id":"r"}""",
            JsonSerializer.Serialize(
                new RequestEvent { Platform = "openai", Success = false, DurationMs = 12.5m, StatusCode = 504, ErrorType = "timeout", ErrorMessage = "slow", IsTimeout = true, RequestId = "r" },
                GatewayJson.Default.RequestEvent));

    [Fact]
    public void What_is_null_is_not_written()
    {
        Assert.Equal("{}", JsonSerializer.Serialize(new UsageEvent(), GatewayJson.Default.UsageEvent));
        Assert.Equal("{}", JsonSerializer.Serialize(new ErrorEvent(), GatewayJson.Default.ErrorEvent));
        Assert.Equal("{}", JsonSerializer.Serialize(new RequestEvent(), GatewayJson.Default.RequestEvent));
    }

    [Fact]
    public void What_is_written_is_what_is_counted()
    {
        var decoder = new EventDecoder(TimeSpan.FromMinutes(5));
        decoder.Decode(
            EventKind.Usage,
            JsonSerializer.SerializeToUtf8Bytes(new UsageEvent { CreatedAt = When, Platform = "深度求索", DurationMs = 0.0005m }, GatewayJson.Default.UsageEvent),
            recordTimestampMilliseconds: null);
        DecodedEvent usage = decoder.Accepted[0];
        Assert.Equal(("深度求索", When, 1L), (Encoding.UTF8.GetString(decoder.Label(usage)), new DateTimeOffset(usage.Time.ToUtcDateTime()), usage.DurationMicros));

        decoder.Decode(
            EventKind.Error,
            JsonSerializer.SerializeToUtf8Bytes(new ErrorEvent { CreatedAt = When, StatusCode = 429, ErrorMessage = "Timeout" }, GatewayJson.Default.ErrorEvent),
            recordTimestampMilliseconds: null);
        DecodedEvent error = decoder.Accepted[0];
        Assert.Equal((0, StatusClass.ClientError, true), (error.LabelLength, error.Status, error.IsTimeout));

        foreach ((bool? success, int status, bool isFailure) in ((bool?, int, bool)[])[(true, 500, false), (null, 200, false), (null, 429, true), (false, 200, true)])
        {
            decoder.Decode(
                EventKind.Request,
                JsonSerializer.SerializeToUtf8Bytes(new RequestEvent { CreatedAt = When, DurationMs = 5, Success = success, StatusCode = status }, GatewayJson.Default.RequestEvent),
                recordTimestampMilliseconds: null);
            DecodedEvent request = decoder.Accepted[0];
            Assert.Equal((isFailure, isFailure ? DecodedEvent.NoDuration : 5000), (request.IsFailure, request.DurationMicros));
        }
    }

    [Theory]
    [InlineData(EventKind.Usage)]
    [InlineData(EventKind.Error)]
    [InlineData(EventKind.Request)]
    public void Every_field_of_the_schema_can_be_written(EventKind kind)
    {
        using JsonDocument schema = JsonDocument.Parse(EventSchema.Of(kind));
        var type = GatewayJson.Default.GetTypeInfo(kind switch { EventKind.Usage => typeof(UsageEvent), EventKind.Error => typeof(ErrorEvent), _ => typeof(RequestEvent) })!;
        Assert.Superset(
            schema.RootElement.GetProperty("properties").EnumerateObject().Select(p => p.Name).ToHashSet(),
            type.Properties.Select(p => p.Name).ToHashSet());
    }
}
