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

public sealed class MemberTests : IDisposable
{
    private static readonly SourcePartition First = new("gateway.usage", 0);
    private static readonly SourcePartition Second = new("gateway.usage", 1);

    private readonly FakeStore store = new();
    private readonly FakeMetadata metadata = new();
    private readonly FakeLog log = new();
    private readonly SteppedTime time = new();
    private readonly StreamAggMetrics metrics = new("test", 10);
    private Member member;

    public MemberTests() => member = NewMember(MemberBounds.Default);

    public void Dispose()
    {
        member.Dispose();
        metrics.Dispose();
    }

    [Fact]
    public void A_partition_that_is_fenced_while_it_is_given_up_is_released_and_not_claimed_again()
    {
        Assign(First);
        Deliver(First, 0);
        store.Verdict = () => Task.FromResult(new CheckpointResult([First]));

        member.OnRevoking([First]);
        Advance();

        Assert.True(member.IsReleased(First));
        Assert.Equal([First], store.Claims);
    }

    [Fact]
    public void A_partition_that_is_fenced_while_it_is_ours_is_claimed_again()
    {
        Assign(First);
        Deliver(First, 0);
        store.Verdict = () => Task.FromResult(new CheckpointResult([First]));
        Advance();
        store.Verdict = () => Task.FromResult(CheckpointResult.Committed);
        Advance();

        Assert.Equal([First, First], store.Claims);
        Assert.Equal(0, log.Starts[First]);
    }

    [Fact]
    public void A_claim_goes_no_further_once_the_partition_is_given_up()
    {
        var known = new TaskCompletionSource<bool>();
        store.IsTopicKnown = () => known.Task;
        member.OnAssigned([First]);
        member.Advance();

        member.OnRevoking([First]);
        Assert.True(member.IsReleased(First));
        known.SetResult(true);
        Advance();

        Assert.Empty(store.Claims);
    }

    [Fact]
    public void A_claim_of_the_partition_s_life_before_does_not_disturb_the_next_one()
    {
        var known = new TaskCompletionSource<bool>();
        store.IsTopicKnown = () => known.Task;
        member.OnAssigned([First]);
        member.Advance();
        member.OnLost([First]);
        store.IsTopicKnown = static () => Task.FromResult(true);
        Assign(First);
        known.SetResult(true);
        Advance();

        Assert.Equal([First], store.Claims);
        Assert.Equal(0, log.Starts[First]);
    }

    [Fact]
    public void A_log_that_was_cut_off_and_grew_past_the_position_is_read_again_from_where_it_differs()
    {
        Assign(First);
        Deliver(First, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        Advance();

        // Ten were read, seven of them are still those that the log holds, and it has grown to a thousand since.
        member.OnTruncated(First, 10, sharedEnd: 7, "log truncated");
        Advance();

        Assert.Equal(7, log.Starts[First]);
        var checkpoint = Assert.Single(store.Checkpoints[^1]);
        Assert.Equal(7, checkpoint.NextOffset);
        var gap = Assert.Single(checkpoint.Gaps);
        Assert.Equal((7, 10), (gap.FromOffset, gap.ToOffset));
    }

    [Fact]
    public void A_partition_whose_search_for_a_gap_ends_while_it_is_given_up_is_not_started_again()
    {
        Assign(First);
        Deliver(First, 0, 1);
        member.OnTruncated(First, 2, sharedEnd: 1, "log truncated");
        log.Starts.Clear();
        member.OnRevoking([First]);
        Advance();

        Assert.Empty(log.Starts);
        Assert.True(member.IsReleased(First));
    }

    [Fact]
    public void Reading_stops_at_the_bound_of_what_is_unsaved_and_goes_on_when_half_of_it_is_saved()
    {
        member.Dispose();
        member = NewMember(MemberBounds.Default with { UnsavedPartials = 4 });
        Assign(First, Second);
        store.Verdict = static () => Task.FromException<CheckpointResult>(new StoreUnavailableException("away"));
        for (int i = 0; i < 4; i++)
            DeliverOf(First, i, $"platform-{i}");
        Advance();
        Assert.True(log.IsPaused);

        Advance();
        Assert.True(log.IsPaused);
        store.Verdict = static () => Task.FromResult(CheckpointResult.Committed);
        Advance();
        Assert.False(log.IsPaused);
    }

    [Fact]
    public void A_checkpoint_that_was_not_written_is_written_with_what_came_since()
    {
        Assign(First);
        Deliver(First, 0);
        store.Verdict = static () => Task.FromException<CheckpointResult>(new StoreUnavailableException("away"));
        Advance();
        Deliver(First, 1, 2);
        store.Verdict = static () => Task.FromResult(CheckpointResult.Committed);
        Advance();

        var checkpoint = Assert.Single(store.Checkpoints[^1]);
        Assert.Equal(3, checkpoint.NextOffset);
        Assert.Equal(3, Assert.Single(checkpoint.Changed).Totals.SuccessCount);
    }

    [Fact]
    public void One_event_of_tomorrow_does_not_end_the_protection_of_a_backlog()
    {
        Assign(First);
        var fiveHoursAgo = store.Now - TimeSpan.FromHours(5);
        DeliverOf(First, 0, "openai", fiveHoursAgo);
        DeliverOf(First, 1, "openai", store.Now + TimeSpan.FromDays(1));
        DeliverOf(First, 2, "openai", fiveHoursAgo - TimeSpan.FromMinutes(1));
        Advance();

        Assert.Equal(fiveHoursAgo - new PipelineOptions().Grace, Assert.Single(store.Checkpoints[0]).Watermark);
        Assert.Equal(3, store.Checkpoints[0][0].Changed.Sum(row => row.Totals.SuccessCount));
    }

    private void Assign(params SourcePartition[] partitions)
    {
        member.OnAssigned(partitions);
        member.Advance();
    }

    private void Deliver(SourcePartition source, params int[] offsets)
    {
        foreach (int offset in offsets)
            DeliverOf(source, offset, "openai");
    }

    private void DeliverOf(SourcePartition source, int offset, string platform, Instant? at = null) => member.OnRecord(new LogRecord
    {
        Source = source,
        Offset = offset,
        LeaderEpoch = 1,
        TimestampMilliseconds = (at ?? store.Now).ToUnixMilliseconds(),
        Value = Encoding.UTF8.GetBytes($$"""{"platform":"{{platform}}","duration_ms":5}"""),
    });

    /// <summary>Long enough for whatever is due and for every back-off.</summary>
    private void Advance()
    {
        for (int i = 0; i < 5; i++)
        {
            time.Step(TimeSpan.FromSeconds(11));
            member.Advance();
        }
    }

    private Member NewMember(MemberBounds bounds) => new(
        new MemberServices
        {
            Options = new PipelineOptions { OnGap = GapAction.Continue },
            Topics = new PipelineTopics("gateway.usage", "gateway.errors"),
            Owner = "m1",
            Metadata = metadata,
            Store = store,
            DeadLetters = new FakeLetters(),
            Metrics = metrics,
            Logger = NullLogger.Instance,
            Time = time,
            Backoff = new Backoff(static () => 0.5),
            Bounds = bounds,
        },
        log);
}
