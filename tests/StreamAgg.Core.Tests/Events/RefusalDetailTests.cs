using StreamAgg.Core.Events;

namespace StreamAgg.Core.Tests.Events;

/// <summary>What a person is told has to say what to change.</summary>
public sealed class RefusalDetailTests
{
    private static string Of(string createdAt) => Decoding.Usage($$"""{"created_at":{{createdAt}}}""").OnlyDetail;

    [Theory]
    [InlineData("1767608430", "1767608430 looks like seconds: milliseconds are wanted")]
    [InlineData("1767608430.25", "1767608430.25 looks like seconds: milliseconds are wanted")]
    [InlineData("\"1767608430\"", "1767608430 looks like seconds: milliseconds are wanted")]
    [InlineData("1767608430123456", "1767608430123456 looks like microseconds: milliseconds are wanted")]
    [InlineData("1767608430123456789", "1767608430123456789 looks like nanoseconds: milliseconds are wanted")]
    [InlineData("0", "1970-01-01T00:00:00Z is before 2000-01-01T00:00:00Z")]
    [InlineData("1767608430123.5", "created_at must be whole milliseconds since 1970, not 1767608430123.5")]
    public void A_number_in_another_unit_is_told_by_its_size(string createdAt, string detail) => Assert.Equal(detail, Of(createdAt));

    [Fact]
    public void The_unit_that_is_wanted_is_the_one_that_is_set() =>
        Assert.Equal(
            "1767608430123 looks like milliseconds: seconds are wanted",
            Decoding.Usage("""{"created_at":1767608430123}""", new EventOptions { TimeUnit = TimeUnit.Seconds }).OnlyDetail);

    [Theory]
    [InlineData("2026-01-05 10:20:30.248+8", "the offset +8 is written +08:00")]
    [InlineData("2026-01-05T10:20:30-3", "the offset -3 is written -03:00")]
    [InlineData("2026-01-05T10:20:30+8:00", "the offset +8:00 is written +08:00")]
    [InlineData("2026-01-05T10:20:30+530", "the offset +530 is written +05:30")]
    [InlineData("2026-01-05T10:20:30+05:3", "the offset +05:3 is written +05:03")]
    [InlineData("2026-01-05T10:20:30 +8", "the offset +8 is written +08:00")]
    [InlineData("2026-01-05T10:20:30+24:00", "the offset +24:00 is none: 23:59 is the largest")]
    [InlineData("2026-01-05T10:20:30 UTC", "the zone UTC is written Z")]
    [InlineData("2026-01-05T10:20:30 +0800 CST", "the zone +0800 CST is not understood: write Z, or an offset such as +08:00, right behind the time")]
    [InlineData("2026-01-05 10:20:30 +0800", "\"2026-01-05 10:20:30 +0800\" has white space beside its zone: leave it out")]
    [InlineData("2026-01-05 10:20:30.248", "\"2026-01-05 10:20:30.248\" has no zone: write 2026-01-05T10:20:30.248Z where it is UTC, else the offset behind it, such as +08:00")]
    [InlineData("2026-01-05", "\"2026-01-05\" has no time of day and no zone: write it as 2025-01-31T10:00:00Z")]
    [InlineData("2026-02-30T10:20:30Z", "\"2026-02-30T10:20:30Z\" is no date and time of the calendar")]
    [InlineData(" 2026-01-05T10:20:30Z", "\" 2026-01-05T10:20:30Z\" has white space at an end: leave it out")]
    [InlineData("1767608430123 ", "\"1767608430123 \" has white space at an end: leave it out")]
    [InlineData("yesterday", "created_at must be RFC 3339 with a zone, such as 2025-01-31T10:00:00Z, or a number, not \"yesterday\"")]
    public void A_text_that_is_no_time_is_told_how_it_is_written(string text, string detail) => Assert.Equal(detail, Of($"\"{text}\""));

    [Theory]
    [InlineData("{}", "the object is empty: a usage event has at least one of its fields")]
    [InlineData("""{"before":null,"after":{"created_at":"2026-01-05T10:20:30Z","platform":"a"},"op":"c"}""", "no field of a usage event stands in it, but before, after, op")]
    [InlineData("""{"a":1,"b":1,"a":2,"c":[],"d":{},"e":1,"f":1,"g":1,"h":1}""", "no field of a usage event stands in it, but a, b, c, d, e, f, g, h")]
    [InlineData("""{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1}""", "no field of a usage event stands in it, but a, b, c, d, e, f, g, h and more")]
    [InlineData("""{"status_code":504}""", "no field of a usage event stands in it, but status_code")]
    public void An_object_of_another_shape_is_told_by_the_fields_that_it_has(string json, string detail)
    {
        Decoding decoding = Decoding.Usage(json);
        Assert.Equal(RefusalReason.UnknownShape, decoding.OnlyReason);
        Assert.Equal(detail, decoding.OnlyDetail);
    }

    [Theory]
    [InlineData("\"duration_ms\":\"12ms\"", "duration_ms must be a plain number of milliseconds or null, not \"12ms\"")]
    [InlineData("\"platform\":true", "platform must be a string, a number or null, not true")]
    public void Another_field_is_told_what_it_holds(string field, string detail) => Assert.Equal(detail, Decoding.Usage("{" + field + "}").OnlyDetail);

    [Fact]
    public void A_status_of_several_attempts_is_shown() =>
        Assert.Equal("status_code must be one integer or null, not \"504, 502\"", Decoding.Error("""{"status_code":"504, 502"}""").OnlyDetail);

    [Fact]
    public void A_detail_is_one_short_line_and_shows_nothing_that_a_terminal_would_act_on()
    {
        string[] values = ["\"" + new string('é', 5000) + "\"", "\"\\u001b[31m\u202E\u2028\u0085red\"", "1" + new string('0', 3000) + ".5", "[\n1]", "{\n}"];
        foreach (string value in values)
            foreach (string field in (string[])["created_at", "status_code", "is_timeout"])
            {
                string detail = Decoding.Error($$$"""{"{{{field}}}":{{{value}}},"platform":{}}""").OnlyDetail;
                Assert.InRange(detail.Length, 10, 240);
                Assert.DoesNotContain(detail, c => char.IsControl(c) || c is '\u202E' or '\u2028');
            }
        Assert.InRange(Decoding.Usage("{\"" + new string('a', 4000)).OnlyDetail.Length, 10, 200);
        string name = "\\u001b\u202E" + new string('é', 4000);
        string shape = Decoding.Usage("{" + string.Join(',', Enumerable.Range(0, 20).Select(i => $"\"{i}{name}\":1")) + "}").OnlyDetail;
        Assert.InRange(shape.Length, 100, 500);
        Assert.DoesNotContain(shape, c => char.IsControl(c) || c is '\u202E');
    }
}
