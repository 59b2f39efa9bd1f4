using System.Text;
using StreamAgg.Core.Events;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Options;
using StreamAgg.Service.Check;
using Xunit;

namespace StreamAgg.Service.Tests.Check;

public class ShapeGuessTests
{
    private static readonly DateTimeOffset Time = new(2026, 1, 5, 10, 20, 30, TimeSpan.Zero);

    [Theory]
    [InlineData("""{"schema":{"type":"struct"},"payload":{"before":null,"after":{"created_at":"2026-01-05T10:20:30Z","platform":"a","duration_ms":5},"source":{"ts_ms":1},"op":"c"}}""",
        "Requests__Root=payload.after")]
    [InlineData("""{"payload":"{\"after\":{\"created_at\":1767608430000,\"provider\":\"a\",\"latency\":0.25}}"}""",
        "Requests__Root=payload.after;Requests__Fields__platform=provider;Requests__Fields__duration_ms=latency;DurationUnit=s")]
    [InlineData("""{"startTime":1767608430.5,"model":"m","response":{"latency":125,"status":200},"user":"u"}""",
        "Requests__Fields__created_at=startTime;Requests__Fields__platform=model;Requests__Fields__duration_ms=response.latency;Requests__Fields__status_code=response.status;TimeUnit=s")]
    [InlineData("\0\0\0\0\u0011" + """{"startTime":1767608430.5,"model":"m"}""", "Requests__Fields__created_at=startTime;Requests__Fields__platform=model;TimeUnit=s")]
    [InlineData("""{"created_at":1767608430000000,"platform":"a","duration_us":5000000,"error":{"type":"x","message":"y","code":429}}""",
        "Requests__Fields__duration_ms=duration_us;Requests__Fields__status_code=error.code;Requests__Fields__error_type=error.type;Requests__Fields__error_message=error.message;TimeUnit=us;DurationUnit=us")]
    [InlineData("""{"created_at":"2026-01-05T10:20:30Z","gen_ai.system":"a","a.b":{"latency_ms":3}}""",
        @"Requests__Fields__platform=gen_ai\.system;Requests__Fields__duration_ms=a\.b.latency_ms")]
    public void A_shape_is_guessed_by_its_names_and_counts_what_it_was_guessed_from(string record, string lines)
    {
        ShapeProposal proposal = Propose(new PipelineOptions(), record, record)!;
        Assert.Equal(lines.Split(';').Select(line => $"StreamAgg__Events__{line}"), proposal.Lines);
        Assert.Equal((2, 2, 0), (proposal.Records, proposal.Accepted, proposal.LeftOut));
    }

    [Theory]
    [InlineData("""{"created_at":"2026-01-05T10:20:30Z","platform":"a","duration_ms":5,"model":"m","latency":7}""")]
    [InlineData("""{"created_at":1767608430000,"group_platform":"g","model":"m"}""")]
    [InlineData("""{"x":{"y":1},"z":"text"}""")]
    [InlineData("17")]
    [InlineData("no JSON")]
    public void Where_nothing_else_is_found_nothing_is_proposed(string record) => Assert.Null(Propose(new PipelineOptions(), record));

    [Fact]
    public void Who_has_a_mapping_is_proposed_none()
    {
        var shapes = new Dictionary<EventKind, EventShape> { [EventKind.Request] = new() };
        Assert.Null(Propose(new PipelineOptions { Events = new EventOptions { Shapes = shapes } }, """{"startTime":1767608430000,"model":"m"}"""));
    }

    private static ShapeProposal? Propose(PipelineOptions options, params string[] records)
    {
        var proposing = new ShapeProposing(options, EventKind.Request.Names());
        foreach (string record in records)
            proposing.Add(new LogRecord
            {
                Source = new SourcePartition("requests", 0),
                Offset = 0,
                Value = Encoding.UTF8.GetBytes(record),
                TimestampMilliseconds = Time.ToUnixTimeMilliseconds() + 1000,
            });
        return proposing.Propose();
    }
}
