using StreamAgg.Core.Events;
using StreamAgg.Core.Rollups;

namespace StreamAgg.Core.Tests.Events;

public sealed class LabelTests
{
    [Theory]
    [InlineData("""{"platform":"p","group_platform":"g","account_platform":"a"}""", "p")]
    [InlineData("""{"account_platform":"a","group_platform":"g","platform":"p"}""", "p")]
    [InlineData("""{"platform":null,"group_platform":"g","account_platform":"a"}""", "g")]
    [InlineData("""{"platform":"","group_platform":"g"}""", "g")]
    [InlineData("""{"platform":"","group_platform":null,"account_platform":"a"}""", "a")]
    [InlineData("""{"account_platform":"a"}""", "a")]
    [InlineData("""{"platform":"","group_platform":"","account_platform":""}""", "")]
    [InlineData("""{"platform":null}""", "")]
    [InlineData("""{"platform":" "}""", "")]
    [InlineData("""{"platform":" \t\n\u000b\f\r","group_platform":"g"}""", "g")]
    [InlineData("""{"platform":" \tOpen AI\r\n "}""", "Open AI")]
    [InlineData("""{"platform":"\u0009\u0020a\u000b"}""", "a")]
    [InlineData("""{"platform":"\u00a0a\u0085"}""", "\u00a0a\u0085")]
    [InlineData("""{"platform":"\u001fa\u001f"}""", "\u001fa\u001f")]
    [InlineData("""{"platform":5}""", "5")]
    [InlineData("""{"platform":-1.50E+2,"group_platform":"g"}""", "-1.50E+2")]
    [InlineData("""{"platform":"","account_platform":0}""", "0")]
    [InlineData("""{"platform":"OpenAI"}""", "OpenAI")]
    public void The_label_is_the_first_that_is_not_null_and_not_empty(string json, string label)
    {
        Assert.Equal(label, Decoding.Usage(json).Only.Label);
        Assert.Equal(label, Decoding.Error(json).Only.Label);
    }

    [Theory]
    [InlineData("\\u0061nthropic", "anthropic")]
    [InlineData("a\\\"b\\\\c\\/d\\b\\f\\n\\r\\te", "a\"b\\c/d\b\f\n\r\te")]
    [InlineData("\\u00e9\\u4E2D\\ud83d\\ude00!", "é中😀!")]
    [InlineData("é中😀", "é中😀")]
    [InlineData("\\\\u0061", "\\u0061")]
    [InlineData("\\ufffd", "\ufffd")]
    public void Escapes_are_resolved(string escaped, string label) =>
        Assert.Equal(label, Decoding.Usage($$"""{"platform":"{{escaped}}"}""").Only.Label);

    [Theory]
    [InlineData("\\ud800")]
    [InlineData("a\\udc00b")]
    [InlineData("\\ud800\\u0041")]
    [InlineData("\\ud800\\ud800")]
    [InlineData("\\ud800\\n")]
    [InlineData("\\udc00\\ud800")]
    public void Half_of_a_surrogate_pair_is_no_text(string escaped)
    {
        Assert.Equal("bad_field:platform", Decoding.Usage($$"""{"platform":"{{escaped}}"}""").OnlyReason);
        Assert.Equal("bad_field:account_platform", Decoding.Usage($$"""{"platform":"a","account_platform":"{{escaped}}"}""").OnlyReason);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("é")]
    [InlineData("中")]
    [InlineData("😀")]
    [InlineData("\\u00e9")]
    [InlineData("\\ud83d\\ude00")]
    [InlineData("\\u0001")]
    public void A_label_has_at_most_50_code_points(string one)
    {
        string Json(int count) => $$"""{"platform":"{{string.Concat(Enumerable.Repeat(one, count))}}"}""";
        Assert.Equal(50, Decoding.Usage(Json(50)).Only.Label.EnumerateRunes().Count());
        Assert.Equal(RefusalReason.BadPlatform, Decoding.Usage(Json(51)).OnlyReason);
        Assert.Equal(RefusalReason.BadPlatform, Decoding.Error(Json(50_000)).OnlyReason);
    }

    [Fact]
    public void A_label_is_held_to_its_length_once_it_is_trimmed()
    {
        Assert.Equal(50, Decoding.Usage($$"""{"platform":"{{new string(' ', 90)}}{{new string('x', 50)}}\t"}""").Only.Label.Length);
        Assert.Equal(RefusalReason.BadPlatform, Decoding.Usage($$"""{"platform":1{{new string('0', 50)}}}""").OnlyReason);
    }

    [Theory]
    [InlineData("OpenAI", "openai")]
    [InlineData(" Open AI ", "open ai")]
    [InlineData("ÀÉÎ ŽŁ ΑΒΓ ДЖ", "àéî žł αβγ дж")]
    [InlineData("İSTANBUL ISTANBUL", null)]
    [InlineData("Ⱥ\u212A\u2126", null)]
    [InlineData("\ud801\udc00", null)]
    [InlineData("ＡＢＣ", null)]
    public void Labels_are_made_lower_case_where_that_is_chosen(string label, string? lower)
    {
        var options = new EventOptions { LabelCase = LabelCase.Lower };
        Assert.Equal(lower ?? label.ToLowerInvariant(), Decoding.Usage($$"""{"platform":"{{label}}"}""", options).Only.Label);
    }

    [Fact]
    public void Every_code_point_is_made_lower_as_ToLowerInvariant_has_it()
    {
        Span<byte> utf8 = stackalloc byte[4], lower = stackalloc byte[EventRules.MaxLabelBytes];
        for (int value = 1; value <= 0x10FFFF; value++)
        {
            if (!System.Text.Rune.TryCreate(value, out var rune))
                continue;
            int length = LabelText.ToLower(utf8[..rune.EncodeToUtf8(utf8)], lower);
            Assert.Equal(rune.ToString().ToLowerInvariant(), System.Text.Encoding.UTF8.GetString(lower[..length]));
        }
    }

    [Fact]
    public void A_label_has_no_U_0000()
    {
        Assert.Equal(RefusalReason.BadPlatform, Decoding.Usage("""{"platform":"a\u0000b"}""").OnlyReason);
        Assert.Equal(RefusalReason.BadPlatform, Decoding.Usage("""{"group_platform":"\u0000"}""").OnlyReason);
        Assert.Equal("\\u0000", Decoding.Usage("""{"platform":"\\u0000"}""").Only.Label);
    }

    [Fact]
    public void Only_the_label_is_held_to_its_length()
    {
        string longText = new('x', 51);
        Assert.Equal("a", Decoding.Usage($$"""{"platform":"a","group_platform":"{{longText}}","account_platform":"\u0000"}""").Only.Label);
        Assert.Equal(RefusalReason.BadPlatform, Decoding.Usage($$"""{"platform":"","group_platform":"{{longText}}","account_platform":"a"}""").OnlyReason);
    }

    [Fact]
    public void Labels_of_one_record_do_not_run_into_each_other()
    {
        Decoding decoding = Decoding.Usage("""[{"platform":"\u0061a"},{"platform":"x\u0000"},{"platform":"bb"},{"platform":""},{"account_platform":"\u0063"}]""");
        Assert.Equal(["aa", "bb", "", "c"], decoding.Accepted.Select(e => e.Label));
        Assert.Equal([RefusalReason.BadPlatform], decoding.Reasons);
    }
}
