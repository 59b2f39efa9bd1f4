using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Members;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Store;
using StreamAgg.Pipeline.Telemetry;
using StreamAgg.Pipeline.Tests.Members.Fakes;
using Xunit;

namespace StreamAgg.Pipeline.Tests.Members;

/// <summary>What a member holds at most, in memory and in one transaction.</summary>
public sealed class MemberBoundsTests : IDisposable
{
    private static readonly SourcePartition First = new("gateway.usage", 0);
    private static readonly SourcePartition Second = new("gateway.usage", 1);

    private readonly FakeStore store = new();
    private readonly FakeLog log = new();
    private readonly SteppedTime time = new();
    private readonly StreamAggMetrics metrics = new("test", 10);
    private readonly Dictionary<SourcePartition, int> offsets = [];
    private Member? member;

    public void Dispose()
    {
        member?.Dispose();
        metrics.Dispose();
    }

    [Fact]
    public void Reading_stops_at_the_bound_of_bytes_however_few_partials_hold_them()
    {
        Start(MemberBounds.Default with { HeldBytes = 6_000 }, First);
        Away();
        for (int i = 0; i < 700; i++)
            Deliver(First, "openai", store.Now, i);
        Assert.Equal(1, Held.UnsavedPartials);
        member!.Advance();
        Assert.True(log.IsPaused);

        // What is cut for the checkpoint comes to rest, whether it is written or not.
        Step();
        Assert.False(log.IsPaused);
        Assert.Equal(1, Held.UnsavedPartials);
        Assert.InRange(Held.Bytes, 1, 3_000);
    }

    [Fact]
    public void Where_all_is_saved_and_still_too_much_reading_goes_on()
    {
        Start(MemberBounds.Default with { HeldBytes = 1 }, First);
        Deliver(First, "openai", store.Now);
        member!.Advance();
        Assert.True(log.IsPaused);
        Step();
        Assert.False(log.IsPaused);
    }

    [Fact]
    public void Members_of_a_process_share_the_bound()
    {
        Start(MemberBounds.Default with { HeldBytes = 4_000 }, First, consumers: 4);
        Away();
        for (int i = 0; i < 100; i++)
            Deliver(First, "openai", store.Now, i);
        member!.Advance();
        Assert.True(log.IsPaused);
    }

    [Fact]
    public void What_no_event_comes_for_is_at_rest_after_half_a_minute()
    {
        Start(MemberBounds.Default, First);
        for (int i = 0; i < 700; i++)
            Deliver(First, "openai", store.Now, i);
        Step();
        long awake = Held.Bytes;
        for (int i = 0; i < 4; i++)
            Step();
        Assert.InRange(Held.Bytes, 1, awake / 3);
    }

    [Fact]
    public void What_is_held_is_counted_as_it_is_through_failed_checkpoints_and_folds()
    {
        Start(MemberBounds.Default with { CheckpointFolds = 2 }, First, Second);
        store.Watermark = store.Now;
        var random = new Random(3);
        for (int round = 0; round < 60; round++)
        {
            for (int i = random.Next(80); i > 0; i--)
                Deliver(random.Next(2) == 0 ? First : Second, $"p{random.Next(5)}", store.Now - TimeSpan.FromHours(random.Next(6)), random.Next(10_000));
            if (random.Next(3) == 0)
                Away();
            else
                Back();
            Step();
            Assert.Equal(member!.Recount(), Held.Bytes);
        }
    }

    [Fact]
    public void A_checkpoint_folds_no_more_than_its_bound_and_the_rest_follows_at_once()
    {
        store.Watermark = store.Now;
        Start(MemberBounds.Default with { CheckpointFolds = 3 }, First, Second);
        for (int hour = 3; hour < 7; hour++)
        {
            Deliver(First, "openai", store.Now - TimeSpan.FromHours(hour));
            Deliver(Second, "openai", store.Now - TimeSpan.FromHours(hour));
        }

        time.Step(TimeSpan.FromSeconds(11));
        for (int i = 0; i < 6; i++)
            member!.Advance();
        Assert.All(store.Checkpoints, checkpoint => Assert.InRange(checkpoint.Sum(partition => partition.Folds.Count), 0, 3));
        Assert.Equal(8, store.Checkpoints.Sum(checkpoint => checkpoint.Sum(partition => partition.Folds.Count)));
        // Offsets do not wait for folds: a partition's first cut carries all that it has read.
        Assert.Equal([4, 4], store.Checkpoints.SelectMany(checkpoint => checkpoint).GroupBy(partition => partition.Source).Select(cuts => cuts.First().NextOffset));
        Assert.Equal(0, Held.UnsavedPartials);
    }

    [Fact]
    public void A_checkpoint_takes_partitions_in_turn_where_they_changed_more_than_it_may_hold()
    {
        Start(MemberBounds.Default with { CheckpointRows = 3 }, First, Second);
        foreach (var source in new[] { First, Second })
        {
            Deliver(source, "openai", store.Now);
            Deliver(source, "gemini", store.Now);
        }

        time.Step(TimeSpan.FromSeconds(11));
        for (int i = 0; i < 4; i++)
            member!.Advance();
        Assert.Equal([First, Second], store.Checkpoints.Select(checkpoint => Assert.Single(checkpoint).Source));
    }

    private Holdings Held => member!.Held();

    private void Away() => store.Verdict = static () => Task.FromException<CheckpointResult>(new StoreUnavailableException("away"));

    private void Back() => store.Verdict = static () => Task.FromResult(CheckpointResult.Committed);

    private void Deliver(SourcePartition source, string platform, Instant at, int durationMs = 5)
    {
        int offset = offsets.GetValueOrDefault(source);
        offsets[source] = offset + 1;
        member!.OnRecord(new LogRecord
        {
            Source = source,
            Offset = offset,
            LeaderEpoch = 1,
            TimestampMilliseconds = at.ToUnixMilliseconds(),
            Value = Encoding.UTF8.GetBytes($$"""{"platform":"{{platform}}","duration_ms":{{durationMs}}}"""),
        });
    }

    /// <summary>Long enough for whatever is due and for every back-off.</summary>
    private void Step()
    {
        time.Step(TimeSpan.FromSeconds(11));
        for (int i = 0; i < 4; i++)
            member!.Advance();
    }

    private void Start(MemberBounds bounds, params SourcePartition[] partitions) => Start(bounds, 1, partitions);

    private void Start(MemberBounds bounds, SourcePartition partition, int consumers) => Start(bounds, consumers, partition);

    private void Start(MemberBounds bounds, int consumers, params SourcePartition[] partitions)
    {
        member = new Member(
            new MemberServices
            {
                Options = new PipelineOptions { OnGap = GapAction.Continue, Consumers = consumers },
                Topics = new PipelineTopics("gateway.usage", "gateway.errors"),
                Owner = "m1",
                Metadata = new FakeMetadata(),
                Store = store,
                DeadLetters = new FakeLetters(),
                Metrics = metrics,
                Logger = NullLogger.Instance,
                Time = time,
                Backoff = new Backoff(static () => 0.5),
                Bounds = bounds,
            },
            log);
        member.OnAssigned(partitions);
        member.Advance();
        member.Advance();
    }
}
