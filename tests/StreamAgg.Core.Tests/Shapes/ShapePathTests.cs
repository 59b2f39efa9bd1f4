using StreamAgg.Core.Shapes;

namespace StreamAgg.Core.Tests.Shapes;

public sealed class ShapePathTests
{
    [Theory]
    [InlineData("a", "a")]
    [InlineData("payload.after", "payload|after")]
    [InlineData(@"gen_ai\.system", "gen_ai.system")]
    [InlineData(@"a\\b\[.c", @"a\b[|c")]
    [InlineData("spans[]", "spans|[]")]
    [InlineData("a[].b[][k=v].c", "a|[]|b|[]|[k=v]|c")]
    [InlineData("attributes[key=gen_ai.system].value.stringValue", "attributes|[key=gen_ai.system]|value|stringValue")]
    [InlineData(@"a[k\=x=v\]]", "a|[k=x=v]]")]
    [InlineData("a[k=]", "a|[k=]")]
    public void A_path_is_names_and_choices(string text, string steps)
    {
        ShapePath path = ShapePath.TryParse(text)!;
        Assert.Equal(steps, string.Join('|', path.Steps.Select(step => step.Name ?? (step.Key is null ? "[]" : $"[{step.Key}={step.Value}]"))));
        Assert.Equal(steps.Contains("[]", StringComparison.Ordinal), path.IsMany);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("a.")]
    [InlineData(".a")]
    [InlineData("a..b")]
    [InlineData("[]")]
    [InlineData("a.[]")]
    [InlineData("a[")]
    [InlineData("a[k")]
    [InlineData("a[k]")]
    [InlineData("a[0]")]
    [InlineData("a[=v]")]
    [InlineData("a[k=v")]
    [InlineData("a[]b")]
    [InlineData("a[k=v]b")]
    public void Anything_else_is_none(string text) => Assert.Null(ShapePath.TryParse(text));

    [Fact]
    public void A_name_of_any_letters_can_be_written()
    {
        const string name = @"a.b[c]\d=e";
        Assert.Equal([new PathStep(name)], ShapePath.TryParse(ShapePath.Escape(name))!.Steps);
    }

    [Fact]
    public void A_path_is_no_longer_than_a_record_is_deep()
    {
        Assert.NotNull(ShapePath.TryParse(string.Join('.', Enumerable.Repeat("a", ShapePath.MaxSteps))));
        Assert.Null(ShapePath.TryParse(string.Join('.', Enumerable.Repeat("a", ShapePath.MaxSteps + 1))));
    }
}
