using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Traffic.Generating;
using StreamAgg.Traffic.Recount;

namespace StreamAgg.Traffic.Tests.Recount;

public sealed class TrafficTallyTests
{
    private static readonly Instant Hour = Instant.FromUtc(new DateTime(2025, 1, 31, 10, 0, 0, DateTimeKind.Utc));

    private static readonly Instant Day = Instant.FromUtc(new DateTime(2025, 1, 31, 0, 0, 0, DateTimeKind.Utc));

    private static ExpectedEvent Usage(Instant time, long? micros, string platform = "a") => new(time, platform, micros, StatusClass.Other, false);

    private static ExpectedEvent Error(Instant time, StatusClass status, bool isTimeout, string platform = "a") => new(time, platform, null, status, isTimeout);

    private static TrafficTally Tally(params (EventKind, ExpectedEvent)[] events)
    {
        var tally = new TrafficTally();
        foreach (var (kind, e) in events)
            tally.Add(kind, e);
        return tally;
    }

    /// <summary>The row that is expected, as a perfect table would hold it.</summary>
    private static PublishedRow Publish(ExpectedRow row) => new(row.Key.Start, row.Key.Label,
        [.. Figures.Basic.Select(figure => figure.SqlType == Figures.Time ? null : row[figure.Column])]);

    private static PublishedRow With(PublishedRow row, string column, object? value) =>
        row with { Values = [.. Figures.Basic.Select(figure => figure.Column == column ? value : row[figure.Column])] };

    private static TallyVerdict Judge(ExpectedRow expected, PublishedRow actual, RowTable? table = null, int compression = 100) =>
        new TallyComparison(compression).Compare(table ?? RowTable.Hourly, [expected], [actual]);

    [Fact]
    public void Events_are_counted_in_their_hour_and_day()
    {
        TrafficTally tally = Tally(
            (EventKind.Usage, Usage(Hour, 1000)),
            (EventKind.Usage, Usage(Hour + TimeSpan.FromMinutes(59), 2000)),
            (EventKind.Usage, Usage(Hour + TimeSpan.FromHours(1), 6_000_000_000)),
            (EventKind.Usage, Usage(Hour, null)),
            (EventKind.Usage, Usage(Hour, 7, platform: "")),
            (EventKind.Error, Error(Hour, StatusClass.ClientError, true)),
            (EventKind.Error, Error(Hour, StatusClass.ServerError, true)),
            (EventKind.Error, Error(Hour, StatusClass.Other, false)),
            (EventKind.Error, Error(Hour + TimeSpan.FromHours(14), StatusClass.Other, true)));
        Assert.Equal((9, 9, 0), (tally.Produced, tally.Accepted, tally.Refused));

        IReadOnlyList<ExpectedRow> hourly = tally.Hourly(), daily = tally.Daily();
        Assert.Equal(
            [new TallyKey(Hour, ""), new(Hour, "a"), new(Hour + TimeSpan.FromHours(1), "a"), new(Hour + TimeSpan.FromHours(14), "a")], hourly.Select(r => r.Key));
        Assert.Equal([6L, 3L, 3L, 1L, 1L, 2L, 1.5, 1.99, 50.0, null], Publish(hourly[1]).Values);
        Assert.Equal([1L, 0L, 1L, 0L, 0L, 1L, null, null, 100.0, null], Publish(hourly[3]).Values);
        Assert.Equal([new TallyKey(Day, ""), new(Day, "a"), new(Day + TimeSpan.FromDays(1), "a")], daily.Select(r => r.Key));
        Assert.Equal([7L, 4L, 3L, 6_000_003.0 / 3], Publish(daily[1]).Values.Take(3).Append(daily[1].AvgLatencyMs));
    }

    [Fact]
    public void Refused_events_are_produced_and_not_counted()
    {
        var tally = new TrafficTally();
        tally.Add(new GeneratedRecord { Kind = EventKind.Usage, Key = [], Value = [], RecordTimestamp = Hour, Accepted = [Usage(Hour, 1)], RefusedCount = 2 });
        Assert.Equal((3, 1, 2), (tally.Produced, tally.Accepted, tally.Refused));
        Assert.Equal(1, Assert.Single(tally.Hourly()).RequestCount);
    }

    [Fact]
    public void A_perfect_table_has_no_differences()
    {
        var tally = new TrafficTally();
        foreach (GeneratedRecord record in new TrafficGenerator(new TrafficOptions { Start = Day, EventsPerSecond = 0.3 }).Until(Day + TimeSpan.FromDays(2)))
            tally.Add(record);
        foreach (var (table, rows) in new[] { (RowTable.Hourly, tally.Hourly()), (RowTable.Daily, tally.Daily()) })
        {
            TallyVerdict verdict = new TallyComparison(100).Compare(table, rows, [.. rows.Select(Publish).Reverse()]);
            Assert.Empty(verdict.Differences);
            Assert.Equal((rows.Count, 0.0), (verdict.Rows, verdict.MaxRankError));
        }
        Assert.Equal(tally.Accepted, tally.Hourly().Sum(r => r.RequestCount));
        Assert.Equal(tally.Accepted, tally.Daily().Sum(r => r.RequestCount));
    }

    [Fact]
    public void Every_wrong_column_is_a_difference()
    {
        ExpectedRow row = Assert.Single(Tally((EventKind.Usage, Usage(Hour, 1000)), (EventKind.Usage, Usage(Hour, 2000)), (EventKind.Error, Error(Hour, StatusClass.ClientError, true))).Hourly());
        PublishedRow right = Publish(row);
        (string Column, object? Wrong)[] wrongs =
        [
            ("request_count", 4L), ("success_count", 1L), ("error_count", 0L), ("error_4xx_count", 0L), ("error_5xx_count", 1L), ("timeout_count", 2L),
            ("avg_latency_ms", Math.BitIncrement(1.5)), ("avg_latency_ms", null), ("p99_latency_ms", 2.0), ("p99_latency_ms", null), ("error_rate", 33.0),
        ];
        Assert.Equal(Figures.Basic.Counted().Select(figure => figure.Column), wrongs.Select(wrong => wrong.Column).Distinct());
        foreach (var (column, wrong) in wrongs)
            Assert.Equal((column, row.Key), Assert.Single(Judge(row, With(right, column, wrong)).Differences) is var d ? (d.Column, d.Key) : default);
    }

    [Fact]
    public void A_row_that_is_missing_and_one_that_must_not_be_there_are_differences()
    {
        ExpectedRow row = Assert.Single(Tally((EventKind.Usage, Usage(Hour, 1000))).Hourly());
        TallyVerdict verdict = Judge(row, Publish(row) with { Label = "other" });
        Assert.Equal([("a", "row", "none"), ("other", "row", "1 requests")], verdict.Differences.Select(d => (d.Key.Label, d.Column, d.Actual)));
        Assert.Equal(RowTable.Daily, Assert.Single(new TallyComparison(100).Compare(RowTable.Daily, [], [Publish(row)]).Differences).Table);
    }

    [Fact]
    public void A_p99_keeps_to_its_ranks_once_there_are_more_distinct_durations_than_centroids()
    {
        // 10,001 durations of 1 us to 10,001 us: the target is rank 9,900, the bound 1 + 0.1 sqrt(10001) = 11.0005 ranks.
        ExpectedRow row = Assert.Single(Tally([.. Enumerable.Range(1, 10_001).Select(i => (EventKind.Usage, Usage(Hour, i)))]).Hourly());
        PublishedRow right = Publish(row);
        Assert.Equal(9.901, row.P99LatencyMs);
        foreach (double within in (double[])[9.889, 9.895, 9.901, 9.913])
            Assert.Empty(Judge(row, With(right, "p99_latency_ms", within)).Differences);
        foreach (double beyond in (double[])[9.888, 9.914, 0, 1e9])
            Assert.Equal("9.901, or one between ranks 9888 and 9912 of 10001", Assert.Single(Judge(row, With(right, "p99_latency_ms", beyond)).Differences).Expected);
        Assert.Equal(0.0005, Judge(row, With(right, "p99_latency_ms", 9.906)).MaxRankError, 1e-9);
        Assert.Equal(1.0, Judge(row, With(right, "p99_latency_ms", 1e9)).MaxRankError);
    }

    [Fact]
    public void A_p99_of_few_distinct_durations_is_exact_in_an_hour_and_bounded_in_a_day()
    {
        TrafficTally tally = Tally([.. Enumerable.Range(1, 100).SelectMany(i => Enumerable.Repeat((EventKind.Usage, Usage(Hour, i * 1000)), 5))]);
        ExpectedRow hour = Assert.Single(tally.Hourly()), day = Assert.Single(tally.Daily());
        Assert.Equal(100, hour.DistinctDurations);
        PublishedRow near = With(Publish(hour), "p99_latency_ms", 99.5);
        Assert.Single(Judge(hour, near).Differences);
        Assert.Empty(Judge(hour, near, compression: 99).Differences);
        Assert.Empty(Judge(day, near with { Start = Day }, RowTable.Daily).Differences);
    }
}
