using System.Globalization;
using StreamAgg.Core.Aggregation;
using StreamAgg.Postgres.Queries;

namespace StreamAgg.Service.Http.Page;

/// <summary>The rows of a view, the newest first.</summary>
internal static class TableHtml
{
    /// <summary>More than anybody reads; the CSV has all of them.</summary>
    private const int ShownRows = 1500;

    public static Html Of(PageView view, IReadOnlyList<LiveRow> rows, Labels labels, string csv) => Html.Of(
        $"""
        <div class="heading"><h2>Rows</h2><p class="muted">{Caption(view, rows.Count)}</p><a class="button" href="{csv}" download="streamagg.csv">CSV</a></div>
        <div class="scroll tall" tabindex="0" role="region" aria-label="Rows">
        <table id="table"><thead><tr>{Head("Time", "", "descending")}{Head("Platform", "", "none")}{Html.Each(Figures.Basic.Counted(), figure => Head(figure.Heading, "n", "none"))}</tr></thead>
        <tbody>{Html.Each(rows.Reverse().Take(ShownRows), row => Row(view, row, labels))}</tbody></table></div>
        """);

    private static Html Row(PageView view, LiveRow row, Labels labels) => Html.Of(
        $"""
        <tr><td data-v="{row.Row.Start.ToString()}">{Readable.Time(row.Row.Start, view.Range.HasDays ? "day" : "hour")}{Html.When(row.IsProvisional, () => Html.Of($" <span class=\"tag\">provisional</span>"))}</td><td data-v="{row.Row.Label}" class="c{Labels.Colour(row.Row.Label)}"><i class="swatch"></i>{labels.Show(row.Row.Label)}</td>{Html.Each(Figures.Basic.Counted(), figure => Cell(row, figure))}</tr>

        """);

    private static Html Cell(LiveRow row, Figure figure)
    {
        object? value = row.Row[figure.Column];
        bool isThin = figure.Column == "p99_latency_ms" && value is not null && PlatformView.IsThin(row);
        string exact = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        return Html.Of(
            $"<td class=\"n{(isThin ? " thin" : "")}\" data-v=\"{exact}\"{Html.When(isThin, () => Html.Of($" title=\"{Health.Plural(PlatformView.Samples(row), "duration")}: too few\""))}>{Text(figure, value)}</td>");
    }

    private static string Text(Figure figure, object? value) => value switch
    {
        null => Readable.Nothing,
        double rate when figure.Column == "error_rate" => rate is > 0 and < 0.01 ? "< 0.01" : rate.ToString("0.00", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(value is double ? "N1" : "N0", CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static Html Head(string heading, string kind, string sort) =>
        Html.Of($"<th scope=\"col\" class=\"{kind}\" aria-sort=\"{sort}\"><button type=\"button\">{heading}</button></th>");

    private static string Caption(PageView view, int count)
    {
        string rows = $"{Health.Plural(count, "row")} of {(view.Range.HasDays ? "a day (UTC)" : "an hour")} and platform";
        return count > ShownRows ? $"{rows}, the newest {Readable.Count(ShownRows)} shown: the CSV has all" : rows;
    }
}
