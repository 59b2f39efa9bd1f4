using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Members;
using Xunit;

namespace StreamAgg.Pipeline.Tests.Members;

public sealed class WatermarkRuleTests
{
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(2);
    private static readonly Instant Now = Instant.FromUtc(new DateTime(2026, 1, 5, 10, 0, 0, DateTimeKind.Utc));

    [Fact]
    public void A_partition_that_was_never_read_has_no_watermark() =>
        Assert.Null(WatermarkRule.Of(null, null, 0, 10, Now, Grace));

    [Fact]
    public void Behind_the_end_it_follows_the_events()
    {
        var eventTime = Now - TimeSpan.FromHours(3);
        Assert.Equal(eventTime - Grace, WatermarkRule.Of(null, eventTime, 5, 10, Now, Grace));
    }

    [Fact]
    public void At_the_end_it_follows_the_clock() =>
        Assert.Equal(Now - Grace, WatermarkRule.Of(null, Now - TimeSpan.FromHours(3), 10, 10, Now, Grace));

    [Fact]
    public void An_empty_partition_follows_the_clock() => Assert.Equal(Now - Grace, WatermarkRule.Of(null, null, 0, 0, Now, Grace));

    [Fact]
    public void No_answer_moves_nothing()
    {
        var stored = Now - TimeSpan.FromHours(5);
        Assert.Equal(stored, WatermarkRule.Of(stored, null, 10, null, Now, Grace));
    }

    [Fact]
    public void An_event_of_the_future_counts_as_now() =>
        Assert.Equal(Now - Grace, WatermarkRule.Of(null, Now + TimeSpan.FromMinutes(4), 5, 10, Now, Grace));

    [Fact]
    public void It_never_falls()
    {
        var stored = Now - TimeSpan.FromMinutes(1);
        Assert.Equal(stored, WatermarkRule.Of(stored, Now - TimeSpan.FromDays(1), 10, 10, Now, Grace));
    }
}
