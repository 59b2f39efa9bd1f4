using System.Runtime.CompilerServices;
using StreamAgg.Core.Events;

namespace StreamAgg.Core.Tests.Events;

public sealed class EventFieldTests
{
    [Fact]
    public void A_usage_event_is_read_in_full() =>
        Assert.Equal(
            new Counted(Decoding.RecordTime - TimeSpan.FromSeconds(1), "openai", 1_234_500, StatusClass.Other, false),
            Decoding.Usage("""{"id":1,"created_at":"2025-01-31T09:59:59Z","model":"m","platform":"openai","duration_ms":1234.5,"tags":["x",{}]}""").Only);

    [Fact]
    public void An_error_event_is_read_in_full() =>
        Assert.Equal(
            new Counted(Decoding.RecordTime - TimeSpan.FromSeconds(1), "openai", DecodedEvent.NoDuration, StatusClass.ServerError, true, true),
            Decoding.Error("""{"created_at":1738317599000,"platform":"openai","status_code":504,"error_type":"timeout","error_message":"slow","is_timeout":null}""").Only);

    private static readonly Counted Bare = new(Decoding.RecordTime, "", DecodedEvent.NoDuration, StatusClass.Other, false);

    [Theory]
    [InlineData("created_at")]
    [InlineData("platform")]
    [InlineData("group_platform")]
    [InlineData("account_platform")]
    [InlineData("duration_ms")]
    [InlineData("status_code")]
    [InlineData("error_type")]
    [InlineData("error_message")]
    [InlineData("is_timeout")]
    public void Everything_but_one_field_may_be_absent_and_that_one_null(string field)
    {
        string json = $$"""{"model":"m","{{field}}":null}""";
        string[] unread = field == "duration_ms" ? ["error"] : field is "status_code" or "error_type" or "error_message" or "is_timeout" ? ["usage"] : [];
        foreach (var (kind, decoding) in ((string, Decoding)[])[("usage", Decoding.Usage(json)), ("error", Decoding.Error(json))])
            if (unread.Contains(kind))
                Assert.Equal(RefusalReason.UnknownShape, decoding.OnlyReason);
            else
                Assert.Equal(Bare with { IsFailure = decoding.Only.IsFailure }, decoding.Only);
    }

    [Fact]
    public void Null_is_as_absent_in_every_field()
    {
        const string nulls = """
            {"created_at":null,"platform":null,"group_platform":null,"account_platform":null,"duration_ms":null,
             "status_code":null,"error_type":null,"error_message":null,"is_timeout":null}
            """;
        Assert.Equal(Bare, Decoding.Usage(nulls).Only);
        Assert.Equal(Bare with { IsFailure = true }, Decoding.Error(nulls).Only);
    }

    [Fact]
    public void An_empty_string_is_as_absent_in_every_field()
    {
        const string empties = """
            {"created_at":"","platform":"","group_platform":"","account_platform":"","duration_ms":"",
             "status_code":"","error_type":"","error_message":"","is_timeout":""}
            """;
        Assert.Equal(Bare, Decoding.Usage(empties).Only);
        Assert.Equal(Bare with { IsFailure = true }, Decoding.Error(empties).Only);
    }

    [Theory]
    [InlineData("usage", """{"platform":"","status_code":"x","error_type":5,"error_message":[],"is_timeout":{}}""")]
    [InlineData("error", """{"platform":"","duration_ms":"x"}""")]
    [InlineData("error", """{"platform":"","duration_ms":-1}""")]
    [InlineData("usage", """{"platform":"","Platform":{},"platform ":2,"PLATFORM":3,"createdat":4,"xreated_at":5,"duration-ms":6,"":7,"group_platforms":8}""")]
    [InlineData("error", """{"platform":"","anything":{"platform":5,"created_at":"x"},"else":[[["\ud800"]],1e400,-0.0]}""")]
    [InlineData("usage", """{"platform":"","\ud800platform":5,"x":"\udfff"}""")]
    public void Anything_else_is_ignored_whatever_its_type(string kind, string json) =>
        Assert.Equal(
            Bare with { IsFailure = kind == "error" },
            (kind == "usage" ? Decoding.Usage(json) : Decoding.Error(json)).Only);

    [Theory]
    [InlineData("""{"platform":{},"platform":"a"}""", "a")]
    [InlineData("""{"platform":"a","platform":"b"}""", "b")]
    [InlineData("""{"platform":{"platform":"x"},"platform":["y"],"platform":"a"}""", "a")]
    [InlineData("""{"platform":"a","platform":null,"group_platform":"g"}""", "g")]
    [InlineData("""{"platform":"a","pl\u0061tform":"b"}""", "b")]
    [InlineData("""{"created_at":"nonsense","platform":"a","created_at":null}""", "a")]
    [InlineData("""{"duration_ms":-1,"duration_ms":1,"platform":"a"}""", "a")]
    public void A_name_given_twice_counts_as_its_last_value(string json, string label) => Assert.Equal(label, Decoding.Usage(json).Only.Label);

    [Fact]
    public void A_last_value_that_is_bad_is_refused_whatever_came_before() =>
        Assert.Equal("bad_field:platform", Decoding.Usage("""{"platform":"a","platform":true}""").OnlyReason);

    [Fact]
    public void Names_may_be_escaped()
    {
        const string json = """
            {"\u0063reated\u005fat":1738317599000,"\u0067\u0072\u006F\u0075\u0070\u005F\u0070\u006C\u0061\u0074\u0066\u006F\u0072\u006D":"g","dur\u0061tion_ms":2}
            """;
        Assert.Equal(
            new Counted(Decoding.RecordTime - TimeSpan.FromSeconds(1), "g", 2000, StatusClass.Other, false), Decoding.Usage(json).Only);
        Assert.Equal("bad_field:is_timeout", Decoding.Error("""{"is\u005ftimeout":5}""").OnlyReason);
    }

    [Theory]
    [InlineData("created_at", "true", "bad_field:created_at")]
    [InlineData("created_at", "{}", "bad_field:created_at")]
    [InlineData("created_at", "[]", "bad_field:created_at")]
    [InlineData("created_at", "1.5", "bad_field:created_at")]
    [InlineData("created_at", "1234567890123456789.5", "bad_field:created_at")]
    [InlineData("created_at", "\" \"", "bad_field:created_at")]
    [InlineData("platform", "true", "bad_field:platform")]
    [InlineData("platform", "[\"a\"]", "bad_field:platform")]
    [InlineData("group_platform", "{}", "bad_field:group_platform")]
    [InlineData("account_platform", "false", "bad_field:account_platform")]
    [InlineData("status_code", "\"504, 502\"", "bad_field:status_code")]
    [InlineData("status_code", "\"429 \"", "bad_field:status_code")]
    [InlineData("status_code", "\"429.5\"", "bad_field:status_code")]
    [InlineData("status_code", "429.5", "bad_field:status_code")]
    [InlineData("status_code", "1e-1", "bad_field:status_code")]
    [InlineData("status_code", "12345678901234567890.5", "bad_field:status_code")]
    [InlineData("status_code", "true", "bad_field:status_code")]
    [InlineData("is_timeout", "\"yes\"", "bad_field:is_timeout")]
    [InlineData("is_timeout", "\"true \"", "bad_field:is_timeout")]
    [InlineData("is_timeout", "\"1.0\"", "bad_field:is_timeout")]
    [InlineData("is_timeout", "2", "bad_field:is_timeout")]
    [InlineData("is_timeout", "-1", "bad_field:is_timeout")]
    [InlineData("is_timeout", "0.5", "bad_field:is_timeout")]
    [InlineData("is_timeout", "{}", "bad_field:is_timeout")]
    [InlineData("is_timeout", "[]", "bad_field:is_timeout")]
    public void A_wrong_type_or_range_names_its_field(string field, string value, string reason)
    {
        Decoding decoding = Decoding.Error($$"""[{"platform":"a"},{"{{field}}":{{value}}},{"platform":"b"}]""");
        Assert.Equal([reason], decoding.Reasons);
        Assert.Equal(["a", "b"], decoding.Accepted.Select(e => e.Label));
    }

    [Theory]
    [InlineData("{\"duration_ms\":\"12ms\"}")]
    [InlineData("{\"duration_ms\":\" 12\"}")]
    [InlineData("{\"duration_ms\":\"+12\"}")]
    [InlineData("{\"duration_ms\":\"1_000\"}")]
    [InlineData("{\"duration_ms\":\"Infinity\"}")]
    [InlineData("{\"duration_ms\":true}")]
    [InlineData("{\"duration_ms\":{}}")]
    [InlineData("{\"duration_ms\":[12]}")]
    public void A_duration_is_a_number(string json) => Assert.Equal("bad_field:duration_ms", Decoding.Usage(json).OnlyReason);

    [Fact]
    public void A_field_that_is_read_must_be_right_even_where_another_one_is_the_label() =>
        Assert.Equal("bad_field:account_platform", Decoding.Usage("""{"platform":"a","account_platform":true}""").OnlyReason);

    [Fact]
    public void Of_several_reasons_the_first_in_order_is_given()
    {
        // Each step mends what the last one was refused for.
        string[] parts =
        [
            "\"created_at\":true", "\"platform\":{}", "\"group_platform\":{}", "\"account_platform\":{}", "\"status_code\":\"x\"", "\"is_timeout\":5",
        ];
        string[] reasons =
        [
            "bad_field:created_at", "bad_field:platform", "bad_field:group_platform", "bad_field:account_platform",
            "bad_field:status_code", "bad_field:is_timeout",
        ];
        for (int mended = 0; mended < parts.Length; mended++)
            Assert.Equal(reasons[mended], Decoding.Error("{" + string.Join(',', parts.Skip(mended).Reverse()) + "}").OnlyReason);

        string label = new('x', 51);
        Assert.Equal("bad_field:duration_ms", Decoding.Usage($$"""{"created_at":0,"platform":"{{label}}","duration_ms":[]}""").OnlyReason);
        Assert.Equal(RefusalReason.BadPlatform, Decoding.Usage($$"""{"created_at":0,"platform":"{{label}}"}""").OnlyReason);
        Assert.Equal(RefusalReason.UnknownShape, Decoding.Error("""{"duration_ms":[]}""").OnlyReason);
    }

    [Fact]
    public void Every_field_and_every_number_lies_in_its_place()
    {
        Assert.Equal(Enum.GetValues<Field>().SkipLast(1), EventFields.All.Select(field => field.Id));
        Assert.Equal(Unsafe.SizeOf<EventNumbers>() / sizeof(long), EventFields.Numbers.Count);
        Assert.Equal("duration_ms", EventFields.Numbers[EventFields.Duration].Name);
    }
}
