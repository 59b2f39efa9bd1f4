using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace StreamAgg.Service.Http.Page;

/// <summary>Markup that is put together from templates: what stands in a hole is text and is escaped, unless it is markup itself.</summary>
internal sealed class Html
{
    private readonly StringBuilder text = new();

    public static Html Of(Template template) => new Html().Add(template);

    /// <summary>The same for each of several.</summary>
    public static Html Each<T>(IEnumerable<T> items, Func<T, Html> one)
    {
        var all = new Html();
        foreach (var item in items)
            all.text.Append(one(item).text);
        return all;
    }

    /// <summary>Nothing where it does not hold.</summary>
    public static Html When(bool holds, Func<Html> then) => holds ? then() : new Html();

    public Html Add(Template template)
    {
        text.Append(template.Text);
        return this;
    }

    /// <summary>What is markup, or no text at all, already.</summary>
    public Html AddData(string data)
    {
        text.Append(data);
        return this;
    }

    public override string ToString() => text.ToString();

    [InterpolatedStringHandler]
    internal readonly ref struct Template(int literalLength, int holes)
    {
        public StringBuilder Text { get; } = new(literalLength + (holes * 16));

        public void AppendLiteral(string literal) => Text.Append(literal);

        public void AppendFormatted(Html markup) => Text.Append(markup.text);

        public void AppendFormatted(string? value) => Text.Append(WebUtility.HtmlEncode(value));

        public void AppendFormatted(long value) => Text.Append(value);
    }
}
