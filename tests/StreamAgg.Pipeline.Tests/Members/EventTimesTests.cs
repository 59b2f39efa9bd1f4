using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Members;
using Xunit;

namespace StreamAgg.Pipeline.Tests.Members;

public sealed class EventTimesTests
{
    private static readonly Instant Ten = Instant.FromUtc(new DateTime(2026, 1, 5, 10, 0, 0, DateTimeKind.Utc));

    [Fact]
    public void The_largest_time_that_the_clock_has_reached_counts()
    {
        var times = new EventTimes();
        Note(times, -30, 0);
        Note(times, -60, 0);
        Assert.Equal(Ten - TimeSpan.FromSeconds(30), times.Latest);
    }

    [Fact]
    public void A_time_ahead_does_not_count_before_the_clock_has_come_to_it()
    {
        var times = new EventTimes();
        Note(times, -30, 0);
        Assert.False(Note(times, 60, 0));
        times.Pass(Ten + TimeSpan.FromSeconds(59));
        Assert.Equal(Ten - TimeSpan.FromSeconds(30), times.Latest);
        times.Pass(Ten + TimeSpan.FromSeconds(60));
        Assert.Equal(Ten + TimeSpan.FromSeconds(60), times.Latest);
    }

    [Fact]
    public void Before_the_clock_was_seen_nothing_counts_and_nothing_is_forgotten()
    {
        var times = new EventTimes();
        Assert.False(times.Reach(Ten, Instant.MinValue));
        Assert.Null(times.Latest);
        times.Pass(Ten);
        Assert.Equal(Ten, times.Latest);
    }

    /// <summary>A time of tomorrow among them, or a stream of them, must not hold back what comes true sooner.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(86_400)]
    public void Gateways_whose_clocks_are_all_a_minute_ahead_do_not_hold_the_watermark_back(int alsoAheadSeconds)
    {
        var times = new EventTimes();
        for (int now = 0; now < 3600; now++)
        {
            Note(times, now + 60, now);
            if (alsoAheadSeconds > 0)
                Note(times, now + alsoAheadSeconds, now);
            times.Pass(Ten + TimeSpan.FromSeconds(now));
        }

        Assert.InRange((times.Latest!.Value - Ten).TotalSeconds, 3600 - 61, 3600);
    }

    /// <returns>False where it lies ahead.</returns>
    private static bool Note(EventTimes times, int seconds, int now)
    {
        Instant time = Ten + TimeSpan.FromSeconds(seconds);
        return !times.IsLater(time) || times.Reach(time, Ten + TimeSpan.FromSeconds(now));
    }
}
