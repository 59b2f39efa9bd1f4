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
            new Counted(Decoding.RecordTime - TimeSpan.FromSeconds(1), "openai", DecodedEvent.NoDuration, StatusClass.ServerError, true),
            Decoding.Error("""{"created_at":1738317599000,"platform":"openai","status_code":504,"error_type":"timeout","error_message":"slow","is_timeout":null}""").Only);

    [Fact]
    public void Everything_may_be_absent() =>
        Assert.Equal(new Counted(Decoding.RecordTime, "", DecodedEvent.NoDuration, StatusClass.Other, false), Decoding.Usage("{}").Only);

    [Fact]
    public void Null_is_as_absent_in_every_field()
    {
        const string nulls = """
            {"created_at":null,"platform":null,"group_platform":null,"account_platform":null,"duration_ms":null,
             "status_code":null,"error_type":null,"error_message":null,"is_timeout":null}
            """;
        Assert.Equal(Decoding.Usage("{}").Only, Decoding.Usage(nulls).Only);
        Assert.Equal(Decoding.Error("{}").Only, Decoding.Error(nulls).Only);
    }

    [Fact]
    public void An_empty_string_is_as_absent_in_every_field()
    {
        const string empties = """
            {"created_at":"","platform":"","group_platform":"","account_platform":"","duration_ms":"",
             "status_code":"","error_type":"","error_message":"","is_timeout":""}
            """;
        Assert.Equal(Decoding.Usage("{}").Only, Decoding.Usage(empties).Only);
        Assert.Equal(Decoding.Error("{}").Only, Decoding.Error(empties).Only);
    }

    [Theory]
    [InlineData("usage", """{"status_code":"x","error_type":5,"error_message":[],"is_timeout":{}}""")]
    [InlineData("error", """{"duration_ms":"x"}""")]
    [InlineData("error", """{"duration_ms":-1}""")]
    [InlineData("usage", """{"Platform":1,"platform ":2,"PLATFORM":3,"createdat":4,"xreated_at":5,"duration-ms":6,"":7,"group_platforms":8}""")]
    [InlineData("error", """{"anything":{"platform":5,"created_at":"x"},"else":[[["\ud800"]],1e400,-0.0]}""")]
    [InlineData("usage", """{"\ud800platform":5,"x":"\udfff"}""")]
    public void Anything_else_is_ignored_whatever_its_type(string kind, string json) =>
        Assert.Equal(
            new Counted(Decoding.RecordTime, "", DecodedEvent.NoDuration, StatusClass.Other, false),
            (kind == "usage" ? Decoding.Usage(json) : Decoding.Error(json)).Only);

    [Theory]
    [InlineData("""{"platform":5,"platform":"a"}""", "a")]
    [InlineData("""{"platform":"a","platform":"b"}""", "b")]
    [InlineData("""{"platform":{"platform":"x"},"platform":["y"],"platform":"a"}""", "a")]
    [InlineData("""{"platform":"a","platform":null,"group_platform":"g"}""", "g")]
    [InlineData("""{"platform":"a","pl\u0061tform":"b"}""", "b")]
    [InlineData("""{"created_at":"nonsense","platform":"a","created_at":null}""", "a")]
    [InlineData("""{"duration_ms":-1,"duration_ms":1,"platform":"a"}""", "a")]
    public void A_name_given_twice_counts_as_its_last_value(string json, string label) => Assert.Equal(label, Decoding.Usage(json).Only.Label);

    [Fact]
    public void A_last_value_that_is_bad_is_refused_whatever_came_before() =>
        Assert.Equal("bad_field:platform", Decoding.Usage("""{"platform":"a","platform":5}""").OnlyReason);

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
    [InlineData("platform", "5", "bad_field:platform")]
    [InlineData("platform", "true", "bad_field:platform")]
    [InlineData("platform", "[\"a\"]", "bad_field:platform")]
    [InlineData("group_platform", "{}", "bad_field:group_platform")]
    [InlineData("account_platform", "0", "bad_field:account_platform")]
    [InlineData("status_code", "\"429\"", "bad_field:status_code")]
    [InlineData("status_code", "429.5", "bad_field:status_code")]
    [InlineData("status_code", "1e-1", "bad_field:status_code")]
    [InlineData("status_code", "12345678901234567890.5", "bad_field:status_code")]
    [InlineData("status_code", "true", "bad_field:status_code")]
    [InlineData("error_type", "5", "bad_field:error_type")]
    [InlineData("error_type", "{}", "bad_field:error_type")]
    [InlineData("error_message", "[]", "bad_field:error_message")]
    [InlineData("error_message", "false", "bad_field:error_message")]
    [InlineData("is_timeout", "\"true\"", "bad_field:is_timeout")]
    [InlineData("is_timeout", "1", "bad_field:is_timeout")]
    [InlineData("is_timeout", "[]", "bad_field:is_timeout")]
    public void A_wrong_type_or_range_names_its_field(string field, string value, string reason)
    {
        Decoding decoding = Decoding.Error($$"""[{"platform":"a"},{"{{field}}":{{value}}},{"platform":"b"}]""");
        Assert.Equal([reason], decoding.Reasons);
        Assert.Equal(["a", "b"], decoding.Accepted.Select(e => e.Label));
    }

    [Theory]
    [InlineData("{\"duration_ms\":\"12\"}")]
    [InlineData("{\"duration_ms\":true}")]
    [InlineData("{\"duration_ms\":{}}")]
    [InlineData("{\"duration_ms\":[12]}")]
    public void A_duration_is_a_number(string json) => Assert.Equal("bad_field:duration_ms", Decoding.Usage(json).OnlyReason);

    [Fact]
    public void A_field_that_is_read_must_be_right_even_where_another_one_is_the_label() =>
        Assert.Equal("bad_field:account_platform", Decoding.Usage("""{"platform":"a","account_platform":1}""").OnlyReason);

    [Fact]
    public void Of_several_reasons_the_first_in_order_is_given()
    {
        // Each step mends what the last one was refused for.
        string[] parts =
        [
            "\"created_at\":true", "\"platform\":1", "\"group_platform\":1", "\"account_platform\":1",
            "\"status_code\":\"x\"", "\"error_type\":1", "\"error_message\":1", "\"is_timeout\":1",
        ];
        string[] reasons =
        [
            "bad_field:created_at", "bad_field:platform", "bad_field:group_platform", "bad_field:account_platform",
            "bad_field:status_code", "bad_field:error_type", "bad_field:error_message", "bad_field:is_timeout",
        ];
        for (int mended = 0; mended < parts.Length; mended++)
            Assert.Equal(reasons[mended], Decoding.Error("{" + string.Join(',', parts.Skip(mended).Reverse()) + "}").OnlyReason);

        string label = new('x', 51);
        Assert.Equal("bad_field:duration_ms", Decoding.Usage($$"""{"created_at":0,"platform":"{{label}}","duration_ms":-1}""").OnlyReason);
        Assert.Equal(RefusalReason.BadPlatform, Decoding.Usage($$"""{"created_at":0,"platform":"{{label}}"}""").OnlyReason);
        Assert.Equal(RefusalReason.TooOld, Decoding.Usage("""{"created_at":0}""", timestamp: -10_000_000).OnlyReason);
    }

    [Fact]
    public void A_detail_is_one_short_line_and_shows_nothing_that_a_terminal_would_act_on()
    {
        string[] values = ["\"" + new string('é', 5000) + "\"", "\"\\u001b[31m\u202E\u2028\u0085red\"", "1" + new string('0', 3000), "[\n1]", "{\n}"];
        foreach (string value in values)
            foreach (string field in (string[])["created_at", "status_code", "is_timeout"])
            {
                Refusal refusal = Assert.Single(Decoding.Error($$"""{"{{field}}":{{value}},"platform":5}""").Refused);
                Assert.InRange(refusal.Detail.Length, 10, 240);
                Assert.DoesNotContain(refusal.Detail, c => char.IsControl(c) || c is '\u202E' or '\u2028');
            }
        Assert.InRange(Assert.Single(Decoding.Usage("{\"" + new string('a', 4000)).Refused).Detail.Length, 10, 200);
    }
}
