using System.Globalization;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;

namespace StreamAgg.Core.Tests.Events;

public sealed class CreatedAtTests
{
    private static Decoding Read(string createdAt, long? timestamp = Decoding.RecordTimestamp) =>
        Decoding.Usage($$"""{"created_at":{{createdAt}}}""", timestamp);

    [Theory]
    [InlineData("2025-01-31T09:00:00Z", "2025-01-31T09:00:00Z")]
    [InlineData("2025-01-31t09:00:00z", "2025-01-31T09:00:00Z")]
    [InlineData("2025-01-31 09:00:00Z", "2025-01-31T09:00:00Z")]
    [InlineData("2025-01-31 09:00:00+00:00", "2025-01-31T09:00:00Z")]
    [InlineData("2025-01-31T09:00:00-00:00", "2025-01-31T09:00:00Z")]
    [InlineData("2025-01-31T14:30:00+05:30", "2025-01-31T09:00:00Z")]
    [InlineData("2025-01-31T05:15:00-03:45", "2025-01-31T09:00:00Z")]
    [InlineData("2025-01-31 09:00:00.123+00", "2025-01-31T09:00:00.123Z")]
    [InlineData("2025-01-31T17:00:00+08", "2025-01-31T09:00:00Z")]
    [InlineData("2025-01-31T17:00:00+0800", "2025-01-31T09:00:00Z")]
    [InlineData("2025-01-31T05:15:00-0345", "2025-01-31T09:00:00Z")]
    [InlineData("2025-01-31T08:59:00+2359", "2025-01-30T09:00:00Z")]
    [InlineData("1738314000000", "2025-01-31T09:00:00Z")]
    [InlineData("1.738314e12", "2025-01-31T09:00:00Z")]
    [InlineData("2025-01-31T08:59:00+23:59", "2025-01-30T09:00:00Z")]
    [InlineData("2025-01-30T09:01:00-23:59", "2025-01-31T09:00:00Z")]
    [InlineData("2025-01-01T00:30:00+01:00", "2024-12-31T23:30:00Z")]
    [InlineData("2024-02-29T12:00:00Z", "2024-02-29T12:00:00Z")]
    [InlineData("2000-02-29T12:00:00Z", "2000-02-29T12:00:00Z")]
    [InlineData("2025-01-31T09:00:00.5Z", "2025-01-31T09:00:00.5Z")]
    [InlineData("2025-01-31T09:00:00.1234567Z", "2025-01-31T09:00:00.1234567Z")]
    [InlineData("2025-01-31T08:59:59.99999999999999999999999999999Z", "2025-01-31T08:59:59.9999999Z")]
    [InlineData("2025-01-31T09:00:00.00000009Z", "2025-01-31T09:00:00Z")]
    [InlineData("2024-12-31T23:59:60Z", "2024-12-31T23:59:59Z")]
    [InlineData("2024-12-31T23:59:60.25Z", "2024-12-31T23:59:59.25Z")]
    [InlineData("2025-01-31T08:15:60+00:00", "2025-01-31T08:15:59Z")]
    public void RFC_3339_with_a_zone_is_read(string text, string utc) =>
        Assert.Equal(utc, Read($"\"{text}\"").Only.Time.ToString());

    [Fact]
    public void Escapes_in_a_time_are_resolved() =>
        Assert.Equal("2025-01-31T09:00:00Z", Read("\"2025-01-31\\u005409:00:00Z\"").Only.Time.ToString());

    [Theory]
    [InlineData("2025-01-31T09:00:00")]
    [InlineData("2025-01-31T09:00:00.5")]
    [InlineData("2025-01-31")]
    [InlineData("2025-01-31T09:00Z")]
    [InlineData("2025-01-31T9:00:00Z")]
    [InlineData("2025-1-31T09:00:00Z")]
    [InlineData("25-01-31T09:00:00Z")]
    [InlineData("+2025-01-31T09:00:00Z")]
    [InlineData("12025-01-31T09:00:00Z")]
    [InlineData("2025-01-31T09:00:00.Z")]
    [InlineData("2025-01-31T09:00:00,5Z")]
    [InlineData("2025-01-31T09:00:00 Z")]
    [InlineData("2025-01-31T09:00:00ZZ")]
    [InlineData("2025-01-31T09:00:00Z ")]
    [InlineData(" 2025-01-31T09:00:00Z")]
    [InlineData("2025-01-31T24:00:00Z")]
    [InlineData("2025-01-31T09:60:00Z")]
    [InlineData("2025-01-31T09:00:61Z")]
    [InlineData("2025-02-29T09:00:00Z")]
    [InlineData("1900-02-29T09:00:00Z")]
    [InlineData("2025-02-30T09:00:00Z")]
    [InlineData("2025-04-31T09:00:00Z")]
    [InlineData("2025-00-10T09:00:00Z")]
    [InlineData("2025-13-10T09:00:00Z")]
    [InlineData("2025-01-00T09:00:00Z")]
    [InlineData("2025-01-32T09:00:00Z")]
    [InlineData("2025-01-31T09:00:00+24:00")]
    [InlineData("2025-01-31T09:00:00+2400")]
    [InlineData("2025-01-31T09:00:00+24")]
    [InlineData("2025-01-31T09:00:00+0160")]
    [InlineData("2025-01-31T09:00:00+01000")]
    [InlineData("2025-01-31T09:00:00+010:0")]
    [InlineData("2025-01-31T09:00:00+1")]
    [InlineData("2025-01-31T09:00:00 +01:00")]
    [InlineData("2025-01-31T09:00:00 UTC")]
    [InlineData("2025-01-31T09:00:00+01:60")]
    [InlineData("2025-01-31T09:00:00+1:00")]
    [InlineData("2025-01-31T09:00:00+01:0")]
    [InlineData("2025-01-31T09:00:00*01:00")]
    [InlineData("2025-01-31_09:00:00Z")]
    [InlineData("2025/01/31T09:00:00Z")]
    [InlineData("20:5-01-31T09:00:00Z")]
    [InlineData("2025-01-31T09.00.00Z")]
    [InlineData("Fri, 31 Jan 2025 09:00:00 GMT")]
    [InlineData("+1738317600000")]
    [InlineData("01738317600000")]
    [InlineData(" 1738317600000")]
    [InlineData("1738317600000 ")]
    [InlineData("1738317600000.")]
    [InlineData("1738317600000.5")]
    [InlineData("1,738,317,600,000")]
    [InlineData("-")]
    [InlineData("1e")]
    [InlineData("NaN")]
    [InlineData("２０２５-01-31T09:00:00Z")]
    [InlineData("now")]
    public void Any_other_text_is_refused(string text) => Assert.Equal("bad_field:created_at", Read($"\"{text}\"").OnlyReason);

    [Fact]
    public void Every_date_agrees_with_the_platforms_calendar()
    {
        for (DateTime day = new(1999, 12, 30, 0, 0, 0, DateTimeKind.Utc); day.Year < 2110; day = day.AddDays(1))
        {
            string text = day.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            Assert.True(Rfc3339.TryParse(System.Text.Encoding.ASCII.GetBytes(text), out Instant instant));
            Assert.Equal(Instant.FromUtc(day), instant);
        }
    }

    [Theory]
    [InlineData("0000-01-01T00:00:00Z", -719_528)]
    [InlineData("0000-02-29T00:00:00Z", -719_469)]
    [InlineData("0000-03-01T00:00:00Z", -719_468)]
    [InlineData("0001-01-01T00:00:00Z", -719_162)]
    [InlineData("9999-12-31T00:00:00Z", 2_932_896)]
    public void Years_0_to_9999_are_dates(string text, long daysSinceEpoch)
    {
        Assert.True(Rfc3339.TryParse(System.Text.Encoding.ASCII.GetBytes(text), out Instant instant));
        Assert.Equal(daysSinceEpoch * TimeSpan.TicksPerDay, instant.UnixTicks);
    }

    [Theory]
    [InlineData("1738317540000", 1_738_317_540_000)]
    [InlineData("1738317540000.000", 1_738_317_540_000)]
    [InlineData("1.73831754e12", 1_738_317_540_000)]
    [InlineData("17383175400000E-1", 1_738_317_540_000)]
    [InlineData("946684800000", 946_684_800_000)]
    public void An_integral_number_is_milliseconds_since_the_epoch(string number, long milliseconds) =>
        Assert.Equal(Instant.FromUnixMilliseconds(milliseconds), Read(number).Only.Time);

    [Theory]
    [InlineData("1738317540000.5")]
    [InlineData("1e-3")]
    [InlineData("0.1")]
    public void A_number_that_is_not_integral_is_refused(string number) => Assert.Equal("bad_field:created_at", Read(number).OnlyReason);

    [Fact]
    public void With_a_retention_an_event_may_be_so_much_older_than_its_record_and_no_more()
    {
        var decoder = new EventDecoder(TimeSpan.Zero, new EventOptions { MaxAge = TimeSpan.FromDays(2) });
        long written = 1_767_608_430_000, oldest = written - (2 * 86_400_000);
        string both = string.Join(' ', ((long[])[oldest, oldest - 1]).Select(time => $$"""{"created_at":{{time}}}"""));
        decoder.Decode(EventKind.Usage, System.Text.Encoding.UTF8.GetBytes(both), written);
        Assert.Equal(1, decoder.Accepted.Length);
        Assert.Equal(("too_old", 1), (decoder.Refused[0].Reason, decoder.Refused[0].EventIndex));
        Assert.Contains("Retention", decoder.Refused[0].Detail, StringComparison.Ordinal);
        // A record without a time says nothing of an age.
        decoder.Decode(EventKind.Usage, """{"created_at":1000000000000}"""u8, null);
        Assert.Equal(1, decoder.Accepted.Length);
    }

    [Theory]
    [InlineData("0", "too_old")]
    [InlineData("-0", "too_old")]
    [InlineData("946684799999", "too_old")]
    [InlineData("-9223372036854775808", "too_old")]
    [InlineData("-1e400", "too_old")]
    [InlineData("99999999999999999999999999999999", "in_future")]
    [InlineData("1e400", "in_future")]
    [InlineData("9223372036854775807", "in_future")]
    [InlineData("\"1999-12-31T23:59:59.9999999Z\"", "too_old")]
    [InlineData("\"2000-01-01T00:59:59+01:00\"", "too_old")]
    [InlineData("\"0000-01-01T00:00:00+23:59\"", "too_old")]
    [InlineData("\"9999-12-31T23:59:59.9999999-23:59\"", "in_future")]
    public void A_time_out_of_range_is_refused_with_the_range_it_misses(string createdAt, string reason)
    {
        Assert.Equal(reason, Read(createdAt).OnlyReason);
        if (!createdAt.StartsWith('"'))
            Assert.Equal(reason, Read(createdAt, timestamp: null).OnlyReason);
    }

    [Fact]
    public void The_first_instant_of_2000_is_not_too_old() =>
        Assert.Equal("2000-01-01T00:00:00Z", Read("\"2000-01-01T00:00:00Z\"").Only.Time.ToString());

    [Theory]
    [InlineData("""{"platform":"a"}""")]
    [InlineData("""{"created_at":null}""")]
    [InlineData("""{"created_at":""}""")]
    public void Without_one_the_records_own_timestamp_is_the_time(string json)
    {
        Assert.Equal(Decoding.RecordTime, Decoding.Usage(json).Only.Time);
        Assert.Equal("bad_field:created_at", Decoding.Usage(json, timestamp: null).OnlyReason);
    }

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(946_684_799_999)]
    public void A_record_timestamp_before_2000_is_as_none(long timestamp)
    {
        Assert.Equal("bad_field:created_at", Decoding.Usage("""{"platform":"a"}""", timestamp).OnlyReason);
        Assert.Equal("2999-01-01T00:00:00Z", Read("\"2999-01-01T00:00:00Z\"", timestamp).Only.Time.ToString());
        Assert.Equal("2000-01-01T00:00:00Z", Decoding.Usage("""{"platform":"a"}""", 946_684_800_000).Only.Time.ToString());
    }

    [Theory]
    [InlineData(TimeUnit.Seconds, "1738317540.123456789", "2025-01-31T09:59:00.1234567Z")]
    [InlineData(TimeUnit.Seconds, "\"1738317540\"", "2025-01-31T09:59:00Z")]
    [InlineData(TimeUnit.Microseconds, "1738317540123456", "2025-01-31T09:59:00.123456Z")]
    [InlineData(TimeUnit.Nanoseconds, "1738317540123456789", "2025-01-31T09:59:00.1234567Z")]
    [InlineData(TimeUnit.Nanoseconds, "\"1738317540123456700\"", "2025-01-31T09:59:00.1234567Z")]
    public void A_plain_number_is_in_the_unit_that_is_set(TimeUnit unit, string number, string utc) =>
        Assert.Equal(utc, Decoding.Usage($$"""{"created_at":{{number}}}""", new EventOptions { TimeUnit = unit }).Only.Time.ToString());

    [Theory]
    [InlineData(TimeUnit.Microseconds, "1738317540123456.5", "bad_field:created_at")]
    [InlineData(TimeUnit.Nanoseconds, "1738317540123456789.5", "bad_field:created_at")]
    [InlineData(TimeUnit.Nanoseconds, "1738317540123", "too_old")]
    [InlineData(TimeUnit.Seconds, "1738317540123", "in_future")]
    [InlineData(TimeUnit.Seconds, "1e400", "in_future")]
    [InlineData(TimeUnit.Microseconds, "-1e400", "too_old")]
    public void Any_other_number_of_that_unit_is_refused(TimeUnit unit, string number, string reason) =>
        Assert.Equal(reason, Decoding.Usage($$"""{"created_at":{{number}}}""", new EventOptions { TimeUnit = unit }).OnlyReason);

    [Fact]
    public void Exactly_MaxFuture_ahead_is_accepted_and_a_tick_more_is_not()
    {
        Assert.Equal(Decoding.RecordTime + Decoding.MaxFuture, Read("\"2025-01-31T10:05:00Z\"").Only.Time);
        Assert.Equal(Decoding.RecordTime + Decoding.MaxFuture, Read("1738317900000").Only.Time);
        Assert.Equal(RefusalReason.InFuture, Read("\"2025-01-31T10:05:00.0000001Z\"").OnlyReason);
        Assert.Equal(RefusalReason.InFuture, Read("1738317900001").OnlyReason);
    }

    [Fact]
    public void The_future_is_held_against_the_records_own_timestamp_alone()
    {
        Assert.Equal("2999-01-01T00:00:00Z", Read("\"2999-01-01T00:00:00Z\"", timestamp: null).Only.Time.ToString());
        Assert.Equal("2999-01-01T00:00:00Z", Read("\"2999-01-01T00:00:00Z\"", timestamp: 32_472_144_000_000).Only.Time.ToString());
        // A timestamp in microseconds, taken for milliseconds: nothing of it overflows, and there are no rows for such years.
        Assert.Equal("2025-01-31T10:00:00Z", Read("\"2025-01-31T10:00:00Z\"", timestamp: long.MaxValue).Only.Time.ToString());
        Assert.Equal(RefusalReason.InFuture, Decoding.Usage("""{"platform":"a"}""", timestamp: Decoding.RecordTimestamp * 1000).OnlyReason);
    }
}
