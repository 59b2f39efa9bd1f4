using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Traffic.Generating;
using StreamAgg.Traffic.Recount;

namespace StreamAgg.Traffic.Tests.Recount;

/// <summary>The recount that keeps no durations says what the one says that keeps them all.</summary>
public sealed class ExactRecountTests
{
    private const string P99 = "p99_latency_ms";

    private static readonly Hour First = Hour.FromUtc(new DateTime(2026, 1, 31, 10, 0, 0, DateTimeKind.Utc));

    /// <summary>None, one, few distinct ones often, more than centroids, and thousands that jump beside the p99.</summary>
    public static TheoryData<string, long[]> Durations => new()
    {
        { "none", [] },
        { "one", [1000] },
        { "few", [.. Enumerable.Range(0, 500).Select(i => (i % 7) * 1000L)] },
        { "more than centroids", [.. Enumerable.Range(1, 300).Select(i => i * 17L)] },
        { "a jump", [.. Enumerable.Range(1, 5000).Select(i => i % 100 == 0 ? 30_000_000L + i : 1000L + i)] },
    };

    [Theory]
    [MemberData(nameof(Durations))]
    public void Both_recounts_judge_any_p99_alike(string what, long[] micros)
    {
        var tally = new TrafficTally();
        foreach (long duration in micros)
            tally.Add(EventKind.Usage, new ExpectedEvent(First.Start, "a", duration, StatusClass.Other, false));
        tally.Add(EventKind.Error, new ExpectedEvent(First.Start, "a", null, StatusClass.ServerError, true));
        ExpectedRow hour = Assert.Single(tally.Hourly()), day = Assert.Single(tally.Daily());
        double?[] candidates = [null, 0, 1e9, hour.P99LatencyMs, .. micros.Where((_, i) => i % 97 == 0).SelectMany(m => (double?[])[m / 1000.0, (m + 3) / 1000.0])];
        foreach (double? p99 in candidates)
        {
            PublishedRow row = Publish(hour, p99);
            ExactRecount recount = Recount(micros, [row], [row with { Start = day.Key.Start }]);
            foreach (var (table, expected) in ((RowTable, ExpectedRow)[])[(RowTable.Hourly, hour), (RowTable.Daily, day)])
            {
                PublishedRow found = row with { Start = expected.Key.Start };
                TallyVerdict kept = new TallyComparison(100).Compare(table, [expected], [found]), ranked = recount.Compare(table, _ => true);
                Assert.True(kept.Differences.Count == ranked.Differences.Count, $"{what} {table} p99 {p99}: {string.Join("; ", kept.Differences)} or {string.Join("; ", ranked.Differences)}");
                Assert.Equal(kept.MaxRankError, ranked.MaxRankError, 1e-9);
            }
        }
    }

    [Fact]
    public void A_count_a_missing_row_and_a_row_too_many_differ_and_what_is_in_motion_is_left_out()
    {
        ExactRecount recount = Recount([1000, 2000], [Publish(null, 4, "a"), Publish(null, 1, "ghost")], []);
        Assert.Equal(
            [("a", "request_count"), ("ghost", "row")],
            recount.Compare(RowTable.Hourly, _ => true).Differences.Where(d => d.Column is "request_count" or "row").Select(d => (d.Key.Label, d.Column)));
        Assert.Equal("row", Assert.Single(recount.Compare(RowTable.Daily, _ => true).Differences).Column);
        Assert.Empty(recount.Compare(RowTable.Hourly, _ => false).Differences);
    }

    [Fact]
    public void Events_outside_of_the_range_are_not_counted_and_others_can_be_added()
    {
        var recount = new ExactRecount([], [], First, new Hour(First.SinceEpoch + 1), 100);
        foreach (Instant time in (Instant[])[First.Start - TimeSpan.FromTicks(1), First.Start, First.End])
            recount.Count(new DecodedEvent { Time = time, DurationMicros = 5 }, "a"u8);
        var one = default(BucketTotals);
        one.SuccessCount = 1;
        one.AddDuration(7);
        recount.Add(First, ["a"], one);
        recount.Add(new Hour(First.SinceEpoch + 1), ["a"], one);
        Assert.Equal(2, recount.Events);
        Assert.Equal("2 requests", Assert.Single(recount.Compare(RowTable.Hourly, _ => true).Differences).Expected);
    }

    private static ExactRecount Recount(long[] micros, IReadOnlyList<PublishedRow> hourly, IReadOnlyList<PublishedRow> daily)
    {
        var recount = new ExactRecount(hourly, daily, First, new Hour(First.SinceEpoch + 1), 100);
        foreach (long duration in micros)
            recount.Count(new DecodedEvent { Time = First.Start, DurationMicros = duration }, "a"u8);
        recount.Count(new DecodedEvent { IsFailure = true, Time = First.Start, DurationMicros = DecodedEvent.NoDuration, Status = StatusClass.ServerError, IsTimeout = true }, "a"u8);
        return recount;
    }

    private static PublishedRow Publish(ExpectedRow row, double? p99) => new(row.Key.Start, row.Key.Label,
        [.. Figures.Basic.Select(figure => figure.SqlType == Figures.Time ? null : figure.Column == P99 ? p99 : row[figure.Column])]);

    private static PublishedRow Publish(double? p99, long requests, string platform) => new(First.Start, platform,
        [.. Figures.Basic.Select(figure => figure.SqlType == Figures.Time ? null : figure.Column == P99 ? p99 : figure.SqlType == Figures.Count ? (object)requests : null)]);
}
