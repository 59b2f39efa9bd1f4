using StreamAgg.Core.Time;
using StreamAgg.Postgres.Queries;
using StreamAgg.Service.Cli;
using StreamAgg.Service.Reports;
using Xunit;

namespace StreamAgg.Service.Tests.Cli;

public class FailOnTests
{
    private static readonly Instant Noon = Instant.FromUtc(new DateTime(2026, 3, 1, 12, 0, 0, DateTimeKind.Utc));

    private static StatusReport Status => new()
    {
        Partitions = [new PartitionLine("gateway.usage", 0, null, 5, 15, Noon), new PartitionLine("gateway.usage", 1, null, 5, 5, Noon)],
        Watermark = Noon,
        WatermarkAge = TimeSpan.FromMinutes(7),
        Gaps = [new GapLine("gateway.usage", 0, 1, 2, "expired", Noon)],
        Events = new EventFigures([new EventTotal("accepted", "", 95, 95), new EventTotal("refused", "malformed_json", 50, 5)]),
    };

    [Theory]
    [InlineData("gap", "gap: 1 recorded, the last at 2026-03-01T12:00:00Z")]
    [InlineData("lag=9", "lag: 10 records, allowed are 9")]
    [InlineData("watermark=00:06:59", "watermark: 2026-03-01T12:00:00Z is 00:07:00 old, allowed is 00:06:59")]
    [InlineData("refused=4", "refused: 5 of 100 events read in the last hour: malformed_json 5; allowed are 4")]
    public void What_is_more_than_allowed_is_said(string condition, string line) => Assert.Equal([line], FailOn.Parse(condition)!.FailuresOf(Status));

    [Theory]
    [InlineData("lag=10")]
    [InlineData("watermark=00:07:00")]
    [InlineData("refused=5")]
    [InlineData("lag=10,watermark=1.00:00:00,refused=5")]
    public void What_is_just_allowed_is_no_failure(string conditions) => Assert.Empty(FailOn.Parse(conditions)!.FailuresOf(Status));

    [Fact]
    public void Several_conditions_are_all_judged() =>
        Assert.Equal(["gap", "lag", "refused"], FailOn.Parse("gap, lag=0,watermark=10:00:00,refused=0")!.FailuresOf(Status).Select(line => line.Split(':')[0]));

    [Theory]
    [InlineData("lag=1000000", "lag: unknown: Kafka gave no answer")]
    [InlineData("watermark=10.00:00:00", "watermark: a partition has none yet")]
    public void What_is_not_known_is_a_failure(string condition, string line)
    {
        var blind = Status with { Partitions = [new PartitionLine("gateway.usage", 0, null, 5, null, null)], WatermarkAge = null, KafkaSilence = "Kafka gave no answer" };

        Assert.Equal([line], FailOn.Parse(condition)!.FailuresOf(blind));
    }

    [Theory]
    [InlineData("")]
    [InlineData("gap,")]
    [InlineData("gap=1")]
    [InlineData("Lag=1")]
    [InlineData("lag=")]
    [InlineData("lag=1.5")]
    [InlineData("watermark=5")]
    [InlineData("watermark=-00:00:01")]
    public void What_is_spelled_wrongly_is_refused(string conditions) => Assert.Null(FailOn.Parse(conditions));
}
