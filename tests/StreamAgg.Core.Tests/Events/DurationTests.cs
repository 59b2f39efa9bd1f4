using StreamAgg.Core.Events;

namespace StreamAgg.Core.Tests.Events;

public sealed class DurationTests
{
    private static Decoding Read(string number) => Decoding.Usage($$"""{"duration_ms":{{number}}}""");

    [Theory]
    [InlineData("0", 0)]
    [InlineData("-0", 0)]
    [InlineData("-0.0e5", 0)]
    [InlineData("0.000", 0)]
    [InlineData("1", 1000)]
    [InlineData("1234.567", 1_234_567)]
    [InlineData("12.5e2", 1_250_000)]
    [InlineData("12500E-1", 1_250_000)]
    [InlineData("0.001", 1)]
    [InlineData("1e-3", 1)]
    [InlineData("0.0004", 0)]
    [InlineData("0.0004999999999999999999999999999", 0)]
    [InlineData("0.0005", 1)]
    [InlineData("5e-4", 1)]
    [InlineData("0.00005", 0)]
    [InlineData("1e-400", 0)]
    [InlineData("1.0005", 1001)]
    [InlineData("1.0014999999999999999999999", 1001)]
    [InlineData("2.0025", 2003)]
    [InlineData("86400000", 86_400_000_000)]
    [InlineData("86400000.000", 86_400_000_000)]
    [InlineData("8.64e7", 86_400_000_000)]
    [InlineData("86399999.9995", 86_400_000_000)]
    [InlineData("0.00000000000000000000000000000001e32", 1000)]
    [InlineData("100000000000000000000000000000000e-32", 1000)]
    [InlineData("1e0000000000000000000000001", 10_000)]
    public void A_duration_is_rounded_to_the_nearest_microsecond_from_its_digits(string number, long micros) =>
        Assert.Equal(micros, Read(number).Only.DurationMicros);

    [Theory]
    [InlineData("-1")]
    [InlineData("-0.0000000000001")]
    [InlineData("-1e-400")]
    [InlineData("86400000.0000000000001")]
    [InlineData("86400001")]
    [InlineData("8.6400001e7")]
    [InlineData("1e400")]
    [InlineData("1e99999999999999999999")]
    [InlineData("99999999999999999999999999999")]
    public void A_duration_below_0_or_above_a_day_is_left_out_and_its_event_counts(string number)
    {
        Decoding decoding = Read(number);
        Assert.Equal(DecodedEvent.NoDuration, decoding.Only.DurationMicros);
        Assert.Equal(number.StartsWith('-') ? new DurationsLeftOut(1, 0) : new DurationsLeftOut(0, 1), decoding.LeftOut);
        Assert.Equal(decoding.LeftOut, Read($"\"{number}\"").LeftOut);
    }

    [Theory]
    [InlineData("1500", 1_500_000)]
    [InlineData("1500.00000", 1_500_000)]
    [InlineData("1500.0000001", DecodedEvent.NoDuration)]
    [InlineData("1499.99999", 1_500_000)]
    public void What_is_too_long_is_set_and_judged_before_rounding(string number, long micros)
    {
        var options = new EventOptions { MaxDuration = TimeSpan.FromSeconds(1.5) };
        Decoding decoding = Decoding.Usage($$"""{"duration_ms":{{number}}}""", options);
        Assert.Equal(micros, decoding.Only.DurationMicros);
        Assert.Equal(micros < 0 ? 1 : 0, decoding.LeftOut.TooLong);
    }

    [Theory]
    [InlineData(TimeUnit.Seconds, "1.2345675", 1_234_568)]
    [InlineData(TimeUnit.Seconds, "86400", 86_400_000_000)]
    [InlineData(TimeUnit.Microseconds, "1234.5", 1235)]
    [InlineData(TimeUnit.Nanoseconds, "1499", 1)]
    [InlineData(TimeUnit.Nanoseconds, "1500", 2)]
    [InlineData(TimeUnit.Nanoseconds, "499", 0)]
    [InlineData(TimeUnit.Nanoseconds, "86400000000000", 86_400_000_000)]
    [InlineData(TimeUnit.Nanoseconds, "86400000000001", DecodedEvent.NoDuration)]
    public void A_duration_is_in_the_unit_that_is_set(TimeUnit unit, string number, long micros) =>
        Assert.Equal(micros, Decoding.Usage($$"""{"duration_ms":"{{number}}"}""", new EventOptions { DurationUnit = unit }).Only.DurationMicros);

    [Fact]
    public void Only_events_that_count_are_told_of_as_without_their_duration()
    {
        Decoding decoding = Decoding.Usage("""[{"duration_ms":-1},{"duration_ms":-1,"platform":"\u0000"},{"duration_ms":1e9},{"duration_ms":5}]""");
        Assert.Equal((3, 1), (decoding.Accepted.Count, decoding.Refused.Count));
        Assert.Equal(new DurationsLeftOut(1, 1), decoding.LeftOut);
        Assert.Equal(default, Decoding.Usage("""[{"duration_ms":-1}""").LeftOut);
    }

    [Fact]
    public void A_hundred_thousand_digits_are_read_exactly()
    {
        string zeros = new('0', 100_000);
        Assert.Equal(1001, Read($"1.0005{zeros}").Only.DurationMicros);
        Assert.Equal(1000, Read($"1{zeros}e-100000").Only.DurationMicros);
        Assert.Equal(1000, Read($"0.{zeros}1e100001").Only.DurationMicros);
        Assert.Equal(1, Read($"86400000.{zeros}1").LeftOut.TooLong);
    }
}
