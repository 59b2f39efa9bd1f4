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
    public void A_duration_lies_between_0_and_a_day(string number) => Assert.Equal("bad_field:duration_ms", Read(number).OnlyReason);

    [Fact]
    public void A_hundred_thousand_digits_are_read_exactly()
    {
        string zeros = new('0', 100_000);
        Assert.Equal(1001, Read($"1.0005{zeros}").Only.DurationMicros);
        Assert.Equal(1000, Read($"1{zeros}e-100000").Only.DurationMicros);
        Assert.Equal(1000, Read($"0.{zeros}1e100001").Only.DurationMicros);
        Assert.Equal("bad_field:duration_ms", Read($"86400000.{zeros}1").OnlyReason);
    }
}
