using System.Text;
using StreamAgg.Core.Events;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Members;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Store;
using Xunit;

namespace StreamAgg.Pipeline.Tests.Members;

public sealed class PartitionStateTests
{
    private static readonly SourcePartition Source = new("gateway.usage", 3);
    private static readonly Hour Ten = Hour.FromUtc(new DateTime(2026, 1, 5, 10, 0, 0, DateTimeKind.Utc));
    private static readonly Fence First = new(1, Guid.Empty, 0);

    [Fact]
    public void A_cut_holds_everything_that_changed_and_nothing_else()
    {
        var state = Active();
        Count(state, Ten, "openai", 2_000_000);
        Count(state, Ten, "openai", 4_000_000);
        Count(state, Ten, "gemini", 1_000_000);
        state.MoveTo(12, 7);

        var checkpoint = state.Cut(int.MaxValue, default, TimeSpan.MaxValue).ToCheckpoint(null);

        Assert.Equal(12, checkpoint.NextOffset);
        Assert.Equal(7, checkpoint.LeaderEpoch);
        Assert.Equal(["openai", "gemini"], checkpoint.Changed.Select(row => row.Label));
        Assert.Equal(2, checkpoint.Changed[0].Totals.SuccessCount);
        Assert.Equal((UInt128)6_000_000, checkpoint.Changed[0].Totals.DurationSumMicros);
        Assert.Empty(checkpoint.Folds);
    }

    [Fact]
    public void A_position_behind_what_is_no_record_has_no_leader_epoch()
    {
        var state = Active();
        state.MoveTo(12, 7);
        state.MoveTo(13, null);

        Assert.Null(state.Cut(int.MaxValue, default, TimeSpan.MaxValue).ToCheckpoint(null).LeaderEpoch);
    }

    [Fact]
    public void Counting_goes_on_while_a_cut_is_on_its_way()
    {
        var state = Active();
        Count(state, Ten, "openai", 1);
        var cut = state.Cut(int.MaxValue, default, TimeSpan.MaxValue);
        Count(state, Ten, "openai", 2);
        state.Committed(cut, null);

        var next = state.Cut(int.MaxValue, default, TimeSpan.MaxValue).ToCheckpoint(null);
        Assert.Equal(1, cut.ToCheckpoint(null).Changed[0].Totals.SuccessCount);
        Assert.Equal(2, next.Changed[0].Totals.SuccessCount);
        Assert.Equal(First.Next, next.Fence);
    }

    [Fact]
    public void A_second_cut_without_news_is_empty()
    {
        var state = Active();
        Count(state, Ten, "openai", 1);
        state.MoveTo(1, null);
        state.Committed(state.Cut(int.MaxValue, default, TimeSpan.MaxValue), null);

        Assert.False(state.HasUnsaved);
        Assert.False(state.Cut(int.MaxValue, default, TimeSpan.MaxValue).HasUnsaved);
    }

    [Fact]
    public void What_was_not_written_is_in_the_next_cut()
    {
        var state = Active();
        Count(state, Ten, "openai", 1);
        state.MoveTo(1, null);
        var cut = state.Cut(int.MaxValue, default, TimeSpan.MaxValue);
        state.Restore(cut);

        Assert.True(state.HasUnsaved);
        Assert.Equal(1, state.Cut(int.MaxValue, default, TimeSpan.MaxValue).ToCheckpoint(null).Changed[0].Totals.SuccessCount);
    }

    [Fact]
    public void A_partial_of_an_hour_that_is_long_over_is_detached()
    {
        var state = Active(watermark: Ten.End + PartitionState.FoldAfter);
        Count(state, Ten, "openai", 5);

        var cut = state.Cut(int.MaxValue, default, TimeSpan.MaxValue);
        Count(state, Ten, "openai", 6);

        var fold = Assert.Single(cut.ToCheckpoint(null).Folds);
        Assert.True(fold.Changed);
        Assert.Equal(1, fold.Row.Totals.SuccessCount);
        state.Committed(cut, null);
        Assert.Equal(1, Assert.Single(state.Cut(int.MaxValue, default, TimeSpan.MaxValue).ToCheckpoint(null).Folds).Row.Totals.SuccessCount);
    }

    [Fact]
    public void A_partial_is_kept_until_its_hour_is_over_for_two_hours()
    {
        var state = Active(watermark: Ten.End + PartitionState.FoldAfter - TimeSpan.FromTicks(1));
        Count(state, Ten, "openai", 5);
        Assert.Empty(state.Cut(int.MaxValue, default, TimeSpan.MaxValue).ToCheckpoint(null).Folds);
    }

    [Fact]
    public void A_fold_that_was_not_written_comes_back_and_meets_the_late_event()
    {
        var state = Active(watermark: Ten.End + PartitionState.FoldAfter);
        Count(state, Ten, "openai", 5);
        var cut = state.Cut(int.MaxValue, default, TimeSpan.MaxValue);
        Count(state, Ten, "openai", 7);
        state.Restore(cut);

        var fold = Assert.Single(state.Cut(int.MaxValue, default, TimeSpan.MaxValue).ToCheckpoint(null).Folds);
        Assert.Equal(2, fold.Row.Totals.SuccessCount);
        Assert.Equal((UInt128)12, fold.Row.Totals.DurationSumMicros);
        Assert.True(fold.Changed);
    }

    [Fact]
    public void An_unchanged_partial_is_folded_as_unchanged()
    {
        var first = Active();
        Count(first, Ten, "openai", 5);
        var row = first.Cut(int.MaxValue, default, TimeSpan.MaxValue).ToCheckpoint(null).Changed[0];

        var state = new PartitionState(Source, EventKind.Usage, new PipelineOptions());
        state.Activate(new PartitionClaim(First, 9, "id", null, Ten.End + PartitionState.FoldAfter), "id", [row]);
        var cut = state.Cut(int.MaxValue, default, TimeSpan.MaxValue);

        Assert.True(cut.HasUnsaved);
        Assert.False(Assert.Single(cut.ToCheckpoint(null).Folds).Changed);
    }

    [Fact]
    public void A_loaded_partial_goes_on_where_it_was()
    {
        var first = Active();
        Count(first, Ten, "openai", 5);
        var row = first.Cut(int.MaxValue, default, TimeSpan.MaxValue).ToCheckpoint(null).Changed[0];

        var second = new PartitionState(Source, EventKind.Usage, new PipelineOptions());
        second.Activate(new PartitionClaim(First, 9, "id", null, null), "id", [row]);
        Count(second, Ten, "openai", 9);

        var changed = Assert.Single(second.Cut(int.MaxValue, default, TimeSpan.MaxValue).ToCheckpoint(null).Changed);
        Assert.Equal(2, changed.Totals.SuccessCount);
        Assert.Equal(9, changed.Totals.DurationMaxMicros);
    }

    [Fact]
    public void A_gap_is_written_by_the_checkpoint_that_passes_it_even_where_the_first_try_fails()
    {
        var state = Active();
        var gap = new Gap(Source, 0, 40, "expired");
        state.Skip(gap, 40);
        state.Restore(state.Cut(int.MaxValue, default, TimeSpan.MaxValue));

        var checkpoint = state.Cut(int.MaxValue, default, TimeSpan.MaxValue).ToCheckpoint(null);
        Assert.Equal(40, checkpoint.NextOffset);
        Assert.Equal([gap], checkpoint.Gaps);
    }

    [Fact]
    public void Labels_past_the_bound_are_counted_together()
    {
        var options = new PipelineOptions { MaxPlatforms = 2 };
        var state = new PartitionState(Source, EventKind.Usage, options);
        state.Activate(new PartitionClaim(First, 0, "id", null, null), "id", []);
        foreach (string label in new[] { "a", "b", "c", "d", "a" })
            Count(state, Ten, label, 1);

        var rows = state.Cut(int.MaxValue, default, TimeSpan.MaxValue).ToCheckpoint(null).Changed;
        Assert.Equal(["a", "b", Rollup.Other], rows.Select(row => row.Label));
        Assert.Equal([2, 1, 2], rows.Select(row => row.Totals.SuccessCount));
    }

    private static PartitionState Active(Instant? watermark = null)
    {
        var state = new PartitionState(Source, EventKind.Usage, new PipelineOptions());
        state.Activate(new PartitionClaim(First, 0, "id", null, watermark), "id", []);
        return state;
    }

    private static void Count(PartitionState state, Hour hour, string label, long durationMicros) =>
        state.Count(new DecodedEvent { Time = hour.Start, DurationMicros = durationMicros }, Encoding.UTF8.GetBytes(label));
}
