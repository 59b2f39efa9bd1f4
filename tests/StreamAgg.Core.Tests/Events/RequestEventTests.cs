using StreamAgg.Core.Events;

namespace StreamAgg.Core.Tests.Events;

public sealed class RequestEventTests
{
    [Theory]
    [InlineData("""{"success":true}""", false)]
    [InlineData("""{"success":"1","status_code":503,"error_type":"x","error_message":"y"}""", false)]
    [InlineData("""{"success":false}""", true)]
    [InlineData("""{"success":"False","status_code":200}""", true)]
    [InlineData("""{"success":0}""", true)]
    [InlineData("""{"success":null,"status_code":399}""", false)]
    [InlineData("""{"success":"","status_code":"400"}""", true)]
    [InlineData("""{"status_code":529}""", true)]
    [InlineData("""{"status_code":200,"error_type":"","error_message":""}""", false)]
    [InlineData("""{"status_code":200,"error_type":null,"error_message":null}""", false)]
    [InlineData("""{"error_type":"overloaded"}""", true)]
    [InlineData("""{"error_type":7}""", false)]
    [InlineData("""{"error_message":"no answer"}""", true)]
    [InlineData("""{"error_message":{"code":"x"}}""", true)]
    [InlineData("""{"platform":"a","duration_ms":5}""", false)]
    public void An_event_says_itself_whether_it_failed(string json, bool isFailure) => Assert.Equal(isFailure, Decoding.Request(json).Only.IsFailure);

    [Fact]
    public void A_success_has_its_duration_and_a_failure_its_error()
    {
        const string told = "\"duration_ms\":12.5,\"status_code\":504";
        Assert.Equal(
            new Counted(Decoding.RecordTime, "", 12_500, StatusClass.Other, false), Decoding.Request($$"""{"success":true,{{told}}}""").Only);
        Assert.Equal(
            new Counted(Decoding.RecordTime, "", DecodedEvent.NoDuration, StatusClass.ServerError, true, true), Decoding.Request($$"""{{{told}}}""").Only);
    }

    [Fact]
    public void A_duration_is_left_out_of_a_success_alone()
    {
        Assert.Equal(new DurationsLeftOut(1, 0), Decoding.Request("""{"duration_ms":-1}""").LeftOut);
        Assert.Equal(default, Decoding.Request("""{"duration_ms":-1,"success":false}""").LeftOut);
    }

    [Theory]
    [InlineData("""{"success":"yes"}""", "bad_field:success")]
    [InlineData("""{"success":2,"is_timeout":2}""", "bad_field:is_timeout")]
    [InlineData("""{"success":true,"status_code":4.5}""", "bad_field:status_code")]
    [InlineData("""{"success":false,"duration_ms":"12ms"}""", "bad_field:duration_ms")]
    [InlineData("""{"model":"m"}""", "unknown_shape")]
    public void Every_field_of_both_kinds_is_judged(string json, string reason) => Assert.Equal(reason, Decoding.Request(json).OnlyReason);

    [Fact]
    public void Nobody_else_reads_success()
    {
        Assert.Equal(RefusalReason.UnknownShape, Decoding.Usage("""{"success":true}""").OnlyReason);
        Assert.False(Decoding.Usage("""{"platform":"a","success":"no"}""").Only.IsFailure);
        Assert.True(Decoding.Error("""{"platform":"a","success":true}""").Only.IsFailure);
    }
}
