using FsCheck.Fluent;
using StreamAgg.Core.Time;

namespace StreamAgg.Core.Tests.Time;

public sealed class CalendarTests
{
    private static Instant Parse(string text) => Instant.FromUtc(DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("2025-01-31T09:00:00Z", "2025-01-31T09:00:00Z")]
    [InlineData("2025-01-31T09:59:59.9999999Z", "2025-01-31T09:00:00Z")]
    [InlineData("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z")]
    [InlineData("1969-12-31T23:59:59.9999999Z", "1969-12-31T23:00:00Z")]
    [InlineData("1969-12-31T23:00:00Z", "1969-12-31T23:00:00Z")]
    public void An_hour_holds_its_start_and_not_its_end(string instant, string start)
    {
        Hour hour = Parse(instant).Hour;
        Assert.Equal(Parse(start), hour.Start);
        Assert.Equal(Parse(start) + TimeSpan.FromHours(1), hour.End);
        Assert.Equal(hour, Hour.FromUtc(Parse(instant).ToUtcDateTime()));
        Assert.Equal(start, hour.ToString());
    }

    [Fact]
    public void Every_instant_lies_in_its_hour_and_the_hour_in_its_day() =>
        Properties.ForAll(ArbMap.Default.ArbFor<long>(), seed =>
        {
            var instant = new Instant(seed * 1_234_567_891);
            Hour hour = instant.Hour;
            Day day = hour.Day;
            return hour.Start <= instant && instant < hour.End && day.Start <= hour.Start && hour.End <= day.End
                && hour.SinceEpoch - day.FirstHour.SinceEpoch is >= 0 and < 24;
        });

    [Fact]
    public void A_day_is_its_date()
    {
        Day day = Parse("2024-02-29T23:30:00Z").Hour.Day;
        Assert.Equal(new DateOnly(2024, 2, 29), day.ToDate());
        Assert.Equal(day, Day.FromDate(new DateOnly(2024, 2, 29)));
        Assert.Equal("2024-02-29", day.ToString());
        Assert.Equal(new DateOnly(1969, 12, 31), new Day(-1).ToDate());
    }

    [Theory]
    [InlineData("2024-02-29T00:00:00Z", "2024-02-29")]
    [InlineData("2024-02-29T00:00:00.0000001Z", "2024-03-01")]
    [InlineData("2024-02-29T00:00:00+00:01", "2024-02-29")]
    [InlineData("2024-02-29T00:00:00-00:01", "2024-03-01")]
    [InlineData("9999-12-31T00:00:00.5Z", "9999-12-31")]
    [InlineData("9999-12-31T23:59:59-23:59", "9999-12-31")]
    [InlineData("0000-01-01T00:00:00+23:59", "0001-01-01")]
    public void The_first_day_from_a_time_on_starts_no_earlier_and_is_in_the_calendar(string time, string date)
    {
        Assert.True(Core.Events.Rfc3339.TryParse(System.Text.Encoding.ASCII.GetBytes(time), out Instant instant));
        Assert.Equal(date, Day.FirstFrom(instant).ToString());
    }

    [Fact]
    public void Milliseconds_saturate_and_round_to_the_past()
    {
        Assert.Equal(Instant.MaxValue, Instant.FromUnixMilliseconds(long.MaxValue));
        Assert.Equal(Instant.MinValue, Instant.FromUnixMilliseconds(long.MinValue));
        Assert.Equal(-1, new Instant(-1).ToUnixMilliseconds());
        Assert.Equal(0, new Instant(9999).ToUnixMilliseconds());
        Properties.ForAll(ArbMap.Default.ArbFor<int>(), n => Instant.FromUnixMilliseconds(n).ToUnixMilliseconds() == n);
    }

    [Fact]
    public void A_date_time_is_clamped_to_the_years_that_it_has()
    {
        Assert.Equal(DateTime.MaxValue, Instant.MaxValue.ToUtcDateTime());
        Assert.Equal(DateTime.MinValue, Instant.MinValue.ToUtcDateTime());
        Assert.Equal(DateTimeKind.Utc, default(Instant).ToUtcDateTime().Kind);
        Assert.Equal(DateTime.UnixEpoch, default(Instant).ToUtcDateTime());
    }
}
