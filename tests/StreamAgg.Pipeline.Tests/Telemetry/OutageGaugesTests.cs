using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Members;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Telemetry;
using StreamAgg.Pipeline.Tests.Members.Fakes;
using Xunit;

namespace StreamAgg.Pipeline.Tests.Telemetry;

/// <summary>What alarms watch speaks while a server is away: it is computed when it is read.</summary>
[Collection(MetersAlone.Name)]
public sealed class OutageGaugesTests : IDisposable
{
    private static readonly SourcePartition Source = new("gateway.usage", 0);
    private static readonly Instant Noon = Instant.FromUtc(new DateTime(2026, 1, 5, 12, 0, 0, DateTimeKind.Utc));

    private readonly SteppedTime time = new();
    private readonly FakeStore store = new();
    private readonly FakeMetadata metadata = new();
    private readonly Dictionary<string, double> read = [];
    private readonly MeterListener listener = new();
    private readonly StreamAggMetrics metrics;

    public OutageGaugesTests()
    {
        listener.InstrumentPublished = (instrument, own) =>
        {
            if (instrument.Meter.Name == StreamAggMetrics.Name)
                own.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => read[instrument.Name] = value);
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => read[instrument.Name] = value);
        listener.Start();
        metrics = new StreamAggMetrics("group", 10, time);
    }

    public void Dispose()
    {
        listener.Dispose();
        metrics.Dispose();
    }

    [Fact]
    public void The_watermarks_lag_is_the_processs_age_until_there_is_one_and_grows_while_nobody_tells_of_it()
    {
        time.Step(TimeSpan.FromSeconds(40));
        Assert.Equal(40, Read("streamagg.watermark.lag"));

        metrics.WatermarkAt(Noon, Noon + TimeSpan.FromSeconds(120));
        Assert.Equal(120, Read("streamagg.watermark.lag"));
        time.Step(TimeSpan.FromSeconds(600));
        Assert.Equal(720, Read("streamagg.watermark.lag"));
    }

    [Fact]
    public void A_partition_without_a_watermark_does_not_hide_the_age_of_the_last_one_that_was_known()
    {
        metrics.WatermarkAt(Noon, Noon + TimeSpan.FromSeconds(5));
        time.Step(TimeSpan.FromSeconds(60));
        metrics.WatermarkAt(null, Noon + TimeSpan.FromSeconds(65));

        Assert.Equal(65, Read("streamagg.watermark.lag"));
    }

    [Fact]
    public async Task The_lag_and_the_checkpoints_age_grow_while_PostgreSQL_is_away()
    {
        var services = new MemberServices
        {
            Options = new PipelineOptions(),
            Topics = new PipelineTopics("gateway.usage", "gateway.errors"),
            Owner = "m1",
            Metadata = metadata,
            Store = store,
            DeadLetters = new FakeLetters(),
            Metrics = metrics,
            Logger = NullLogger.Instance,
            Time = time,
            Backoff = new Backoff(static () => 0.5),
        };
        using var member = new Member(services, new FakeLog());
        metrics.Members = () => [member.Status];
        metrics.Ends = services.Ends;
        var watch = new LagWatch(services, metrics.Members);
        (metadata.End, store.IsAway) = (1, false);
        member.OnAssigned([Source]);
        member.Advance();
        Deliver(member, 0);
        Advance(member, steps: 2);
        Assert.Equal((0, 0), (Read("streamagg.consumer.lag"), Read("streamagg.checkpoint.failures")));

        (metadata.End, store.IsAway) = (50, true);
        Deliver(member, 1);
        Advance(member, steps: 2);
        await watch.LookAsync(TestContext.Current.CancellationToken);
        // What is read and not committed is lag, too.
        Assert.Equal(49, Read("streamagg.consumer.lag"));
        double age = Read("streamagg.checkpoint.age");
        metadata.End = 80;
        Advance(member, steps: 3);
        await watch.LookAsync(TestContext.Current.CancellationToken);
        Assert.Equal((79, age + 33), (Read("streamagg.consumer.lag"), Read("streamagg.checkpoint.age")));
        Assert.True(Read("streamagg.checkpoint.failures") > 0);
        Assert.Equal(metrics.Vitals().CheckpointAge.TotalSeconds, age + 33);
    }

    private static void Deliver(Member member, int offset) => member.OnRecord(new LogRecord
    {
        Source = Source,
        Offset = offset,
        LeaderEpoch = 1,
        TimestampMilliseconds = Noon.ToUnixMilliseconds(),
        Value = Encoding.UTF8.GetBytes("""{"platform":"openai","duration_ms":5}"""),
    });

    private void Advance(Member member, int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            time.Step(TimeSpan.FromSeconds(11));
            member.Advance();
        }
    }

    private double Read(string name)
    {
        listener.RecordObservableInstruments();
        return read.GetValueOrDefault(name);
    }
}
