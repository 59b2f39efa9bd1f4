using StreamAgg.Kafka.DeadLetters;
using StreamAgg.Service.Output;
using StreamAgg.Service.Reports;
using Xunit;

namespace StreamAgg.Service.Tests.Cli;

public class VisibleTests
{
    [Theory]
    [InlineData("plain é中😀 text", "plain é中😀 text")]
    [InlineData("\u001b[31mred", "\\u001b[31mred")]
    [InlineData("\u009b31m\u0085", "\\u009b31m\\u0085")]
    [InlineData("a\u202Eb\u2066c\u200Fd", "a\\u202eb\\u2066c\\u200fd")]
    [InlineData("a\u2028b\u0000\u007f", "a\\u2028b\\u0000\\u007f")]
    [InlineData("\U000E0001", "\\udb40\\udc01")]
    public void What_a_terminal_would_obey_is_shown(string text, string shown)
    {
        Assert.Equal(shown, Visible.Of(text));
        Assert.Equal($"x{shown}x", OneLine.Of($"x{text}x"));
    }

    [Fact]
    public void Lines_are_kept_where_a_value_has_them()
    {
        Assert.Equal("a\n\tb\\u000d", Visible.Of("a\n\tb\r", keepsLines: true));
        Assert.Equal("a\\u000ab", Visible.Of("a\nb"));
    }

    [Fact]
    public void No_part_of_a_letter_reaches_a_terminal_as_it_is()
    {
        const string evil = "x\u001b]0;owned\u0007\u202Ey";
        var letter = new DeadLetter
        {
            Topic = evil,
            Partition = 0,
            Offset = 1,
            Reason = evil,
            Detail = evil,
            Time = evil,
            Kind = evil,
            Key = System.Text.Encoding.UTF8.GetBytes(evil),
            Value = System.Text.Encoding.UTF8.GetBytes(evil + "\n"),
        };
        using var page = new StringWriter();
        DeadLetterPage.Write(page, letter);
        string line = Visible.Of(DeadLetterLine.Of(letter));
        Assert.DoesNotContain(line + page, c => (char.IsControl(c) && c != '\n') || c == '\u202E');
    }
}
