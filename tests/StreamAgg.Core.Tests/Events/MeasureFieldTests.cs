using System.Text;
using StreamAgg.Core.Events;
using StreamAgg.Core.Rollups;

namespace StreamAgg.Core.Tests.Events;

public sealed class MeasureFieldTests
{
    [Theory]
    [InlineData("""{"status_code":499}""", ErrorClass.Cancelled)]
    [InlineData("""{"status_code":429,"is_cancelled":true}""", ErrorClass.Cancelled)]
    [InlineData("""{"status_code":429,"is_cancelled":false,"is_business_limited":"true"}""", ErrorClass.Limited)]
    [InlineData("""{"status_code":429}""", ErrorClass.RateLimited)]
    [InlineData("""{"status_code":500,"upstream_status_code":429}""", ErrorClass.RateLimited)]
    [InlineData("""{"status_code":429,"upstream_status_code":500}""", ErrorClass.Other)]
    [InlineData("""{"status_code":503}""", ErrorClass.Overloaded)]
    [InlineData("""{"status_code":200,"upstream_status_code":"529"}""", ErrorClass.Overloaded)]
    [InlineData("""{"status_code":500}""", ErrorClass.Other)]
    [InlineData("""{"platform":"a"}""", ErrorClass.Other)]
    public void An_error_has_the_first_class_that_fits(string json, ErrorClass expected) => Assert.Equal(expected, One(EventKind.Error, json).Class);

    [Theory]
    [InlineData("""{"platform":"a","upstream_status_code":"x"}""", "bad_field:upstream_status_code")]
    [InlineData("""{"platform":"a","is_cancelled":"no"}""", "bad_field:is_cancelled")]
    [InlineData("""{"platform":"a","is_business_limited":2}""", "bad_field:is_business_limited")]
    [InlineData("""{"platform":"a","input_tokens":1.5}""", "bad_field:input_tokens")]
    [InlineData("""{"platform":"a","output_tokens":-1}""", "bad_field:output_tokens")]
    [InlineData("""{"platform":"a","cache_read_tokens":1000000000001}""", "bad_field:cache_read_tokens")]
    [InlineData("""{"platform":"a","cost_usd":1000000000.000001}""", "bad_field:cost_usd")]
    [InlineData("""{"input_tokens":1}""", "unknown_shape")]
    public void A_measure_that_is_wrong_is_refused_and_one_alone_is_no_event(string json, string reason)
    {
        var decoder = new EventDecoder(TimeSpan.Zero);
        decoder.Decode(EventKind.Error, Encoding.UTF8.GetBytes(json), 1_738_317_600_000);
        Assert.Equal(reason, Assert.Single(decoder.Refused.ToArray()).Reason);
    }

    [Fact]
    public void Amounts_are_of_both_kinds_and_a_cost_is_rounded_half_up_to_a_millionth()
    {
        foreach (EventKind kind in (EventKind[])[EventKind.Usage, EventKind.Error])
        {
            EventNumbers numbers = One(kind, """{"platform":"a","input_tokens":"7","output_tokens":1e3,"cache_read_tokens":null,"cost_usd":0.0000015}""").Numbers;
            Assert.Equal(
                (7, 1000, 0, 0, 2),
                (numbers[EventFields.InputTokens], numbers[EventFields.OutputTokens], numbers[EventFields.CacheReadTokens],
                    numbers[EventFields.CacheWriteTokens], numbers[EventFields.CostUsd]));
        }
    }

    [Fact]
    public void A_time_to_the_first_token_is_read_as_a_duration_is_and_of_successes_alone()
    {
        Assert.Equal(1500, One(EventKind.Usage, """{"platform":"a","ttft_ms":1.4995}""").TtftMicros);
        Assert.False(One(EventKind.Error, """{"platform":"a","ttft_ms":1}""").HasTtft);
        Assert.False(One(EventKind.Request, """{"platform":"a","success":false,"ttft_ms":1}""").HasTtft);
        var decoder = new EventDecoder(TimeSpan.Zero);
        decoder.Decode(EventKind.Usage, """{"platform":"a","ttft_ms":-1}"""u8, 1_738_317_600_000);
        Assert.Equal((1, 1, false), (decoder.Accepted.Length, decoder.LeftOut.Negative, decoder.Accepted[0].HasTtft));
    }

    [Fact]
    public void An_event_has_a_label_in_each_rollup()
    {
        string[] labels = LabelsOf("""{"platform":" p ","model":"m","status_code":429,"user":7}""");
        Assert.Equal(["p", "m", "", "p\u001fm", "7\u001f429"], labels);
        Assert.Equal(["", "", "", "\u001f", "\u001f"], LabelsOf("""{"platform":"","user":null}"""));
        Assert.Equal(["", "a", "m"], Rollup.Split(Rollup.Join(["", "a", "m"]), 3));
        Assert.Equal(["\u001f1", "\u001e\u001e2"], Rollup.Split(LabelsOf("""{"platform":"\u001f1","model":"\u001e\u001e2"}""")[3], 2));
    }

    [Fact]
    public void A_label_that_no_index_holds_is_counted_with_those_past_the_bound() =>
        Assert.Equal(
            Rollup.Join([Rollup.Other, Rollup.Other, Rollup.Other, Rollup.Other]),
            LabelsOf($$"""{"platform":"","a":"{{new string('深', 200)}}","b":"{{new string('深', 200)}}","c":"{{new string('深', 200)}}","d":"{{new string('深', 200)}}"}""",
                new Rollup("long", ["a", "b", "c", "d"], 9))[1]);

    [Theory]
    [InlineData("""{"platform":"a","model":true}""")]
    [InlineData("""{"platform":"a","model":"\ud800"}""")]
    [InlineData("""{"platform":"a","model":"a\u0000b"}""")]
    public void A_dimension_is_judged_as_a_label_is(string json)
    {
        var decoder = new EventDecoder(TimeSpan.Zero, new EventOptions { Rollups = [new("by_model", ["model"], 9)] });
        decoder.Decode(EventKind.Usage, Encoding.UTF8.GetBytes(json), 1_738_317_600_000);
        Assert.Equal("bad_field:model", Assert.Single(decoder.Refused.ToArray()).Reason);
    }

    private static string[] LabelsOf(string json, params Rollup[] rollups)
    {
        if (rollups.Length == 0)
            rollups = [new("by_model", ["model"], 9), new("overall", [], 9), new("both", ["platform", "model"], 9), new("others", ["user", "status_code"], 9)];
        var decoder = new EventDecoder(TimeSpan.Zero, new EventOptions { Rollups = rollups });
        // One before it, so that labels do not begin at the start of the buffers.
        decoder.Decode(EventKind.Error, Encoding.UTF8.GetBytes("[{\"platform\":\"first\",\"model\":\"x\"}," + json + "]"), 1_738_317_600_000);
        Assert.Equal(2, decoder.Accepted.Length);
        EventLabels labels = decoder.Labels(decoder.Accepted[1]);
        var texts = new List<string>();
        for (int place = 0; place <= rollups.Length; place++)
            texts.Add(Encoding.UTF8.GetString(labels[place]));
        return [.. texts];
    }

    private static DecodedEvent One(EventKind kind, string json)
    {
        var decoder = new EventDecoder(TimeSpan.Zero);
        decoder.Decode(kind, Encoding.UTF8.GetBytes(json), 1_738_317_600_000);
        Assert.Equal(1, decoder.Accepted.Length);
        return decoder.Accepted[0];
    }
}
