using System.Globalization;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Postgres.Queries;
using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Http.Page;

/// <summary>The keys of a rollup that come first, with links to what lies behind each. No script is needed.</summary>
internal static class RollupHtml
{
    /// <summary>Of the keys' latencies, as they are shown.</summary>
    public static readonly double[] Quantiles = [0.5, 0.99];

    /// <summary>Where there is more to count by than the platform: what is shown, and the others.</summary>
    public static Html Chooser(PageLink here, IReadOnlyList<Rollup> rollups) => Html.When(rollups.Count > 1, () => Html.Of(
        $"""
        <nav id="rollups" class="ranges" data-live aria-label="Counted by">{Html.Each(rollups, rollup => Html.Of(
            $"<a class=\"button\" href=\"{here.To(rollup).ToString()}\" title=\"{Dimensions(rollup)}\"{Html.When(rollup.Name == here.Rollup.Name, () => Html.Of($" aria-current=\"page\""))}>{rollup.Name}</a>"))}</nav>
        """));

    /// <param name="here">What is shown.</param>
    /// <param name="rollups">All that are configured.</param>
    public static Html Of(PageLink here, TopAnswer answer, IReadOnlyList<Rollup> rollups, StatusReport status, Instant now) => Html.Of(
        $"""
        <main data-now="{now.ToString()}">
        <section id="strip" data-live aria-label="Aggregator">{PipelineHtml.Strip(status)}</section>
        <section id="top" data-live aria-label="Keys of the rollup">{Table(here, answer, rollups, status)}</section>
        <section id="pipeline" aria-label="Pipeline"><h2>Pipeline</h2><div id="details" data-live>{PipelineHtml.Details(status)}</div></section>
        </main>
        """);

    /// <summary>The filters, each a link that takes it away.</summary>
    public static Html Filters(PageLink here, Labels labels) => Html.When(here.Where.Count > 0, () => Html.Of(
        $"""
        <p id="filters" data-live>{Html.Each(here.Where.DistinctBy(filter => filter.Dimension), filter => Html.Of(
            $"<a class=\"chip\" href=\"{here.Without(filter.Dimension).ToString()}\" title=\"Take this filter away\"><span class=\"muted\">{filter.Dimension}</span>&nbsp;{Html.Each(here.Where.Where(same => same.Dimension == filter.Dimension), same => Html.Of($" {labels.Show(same.Value)}"))}&nbsp;<span aria-hidden=\"true\">×</span></a>"))}</p>
        """));

    private static Html Table(PageLink here, TopAnswer answer, IReadOnlyList<Rollup> rollups, StatusReport status)
    {
        var labels = new Labels(answer.Rows.SelectMany(row => row.Values).Distinct());
        return Html.Of(
            $"""
            <div class="heading"><h2>{Dimensions(here.Rollup)}</h2><p class="muted">{Caption(here, answer, status)}</p>
            <nav class="ranges" aria-label="How many">{Html.Each(PageLink.Tops, top => Html.Of(
                $"<a class=\"button\" href=\"{(here with { Top = top }).ToString()}\"{Html.When(top == here.Top, () => Html.Of($" aria-current=\"true\""))}>{top}</a>"))}</nav></div>
            {Html.When(answer.Rows.Count == 0, () => Html.Of($"<p class=\"empty\"><b>Nothing is published in this range.</b> Choose a longer one, or take a filter away.</p>"))}
            {Html.When(answer.Rows.Count > 0, () => Keys(here, answer, labels, here.Finer(rollups)))}
            """);
    }

    private static Html Keys(PageLink here, TopAnswer answer, Labels labels, Rollup? finer)
    {
        long most = answer.Rows.Max(row => row.Requests);
        string step = here.Range.HasDays ? "day" : "hour";
        return Html.Of(
            $"""
            <div class="scroll" tabindex="0" role="region" aria-label="Keys"><table id="keys"><thead><tr>
            {Html.Each(here.Rollup.Dimensions, dimension => Html.Of($"<th scope=\"col\">{dimension}</th>"))}
            {Sorted(here, TopOrder.Requests, "Requests")}{Sorted(here, TopOrder.Errors, "Errors")}{Plain("Errors %")}{Plain("SLA errors %")}
            {Sorted(here, TopOrder.Tokens, "Tokens")}{Sorted(here, TopOrder.Cost, "Cost, USD")}
            {Plain("p50")}{Plain("p99")}{Sorted(here, TopOrder.P99, $"p99, worst {step}")}{Plain("First token, mean")}
            {Html.When(finer is not null, () => Html.Of($"<th scope=\"col\">Further</th>"))}</tr></thead>
            <tbody>{Html.Each(answer.Rows, row => Row(here, row, labels, finer, most))}</tbody></table></div>
            """);
    }

    private static Html Row(PageLink here, TopRow row, Labels labels, Rollup? finer, long most) => Html.Of(
        $"""
        <tr>{Html.Each(here.Rollup.Dimensions.Zip(row.Values), part => Value(here, part.First, part.Second, labels))}<td class="n">{Readable.Count(row.Requests)}{Bar(row.Requests, most)}</td><td class="n">{Readable.Count(row.Errors)}</td><td class="n">{Readable.Percent(row.ErrorRate)}</td><td class="n">{Readable.Percent(row.SlaErrorRate)}</td><td class="n">{Readable.Count(row.Tokens)}</td><td class="n">{row.CostUsd.ToString("N2", CultureInfo.InvariantCulture)}</td><td class="n">{Quantile(row, 0)}</td><td class="n">{Quantile(row, 1)}</td><td class="n">{Readable.Milliseconds(row.WorstP99Ms)}</td><td class="n">{Readable.Milliseconds(row.MeanTtftMs)}</td>{Html.When(finer is not null, () => Html.Of($"<td><a href=\"{Behind(here, row, finer!).ToString()}\">{finer!.Name}</a></td>"))}</tr>

        """);

    private static Html Value(PageLink here, string dimension, string value, Labels labels) => Html.Of(
        $"<td class=\"c{Labels.Colour(value)}\">{Html.When(dimension == Rollup.Platform, () => Html.Of($"<i class=\"swatch\"></i>"))}<a href=\"{here.With(dimension, value).ToString()}\">{labels.Show(value)}</a></td>");

    /// <summary>The key's own part of a finer rollup.</summary>
    private static PageLink Behind(PageLink here, TopRow row, Rollup finer) => here.Rollup.Dimensions.Zip(row.Values)
        .Aggregate(here.To(finer), (link, part) => link.With(part.First, part.Second));

    private static Html Bar(long requests, long most) => Html.Of(
        $"<svg class=\"share\" viewBox=\"0 0 100 4\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"{100 * requests / Math.Max(1, most)}\" height=\"4\"/></svg>");

    private static string Quantile(TopRow row, int place) => Readable.Milliseconds(place < row.QuantilesMs.Count ? row.QuantilesMs[place] : null);

    private static Html Sorted(PageLink here, TopOrder order, string heading) => Html.Of(
        $"<th scope=\"col\" class=\"n\" aria-sort=\"{(here.Order == order ? "descending" : "none")}\"><a href=\"{(here with { Order = order }).ToString()}\">{heading}</a></th>");

    private static Html Plain(string heading) => Html.Of($"<th scope=\"col\" class=\"n\">{heading}</th>");

    private static Html Caption(PageLink here, TopAnswer answer, StatusReport status)
    {
        long shown = answer.Rows.Sum(row => row.Requests);
        string keys = answer.Rows.Count < answer.Keys
            ? $"{Readable.Count(answer.Rows.Count)} of {Readable.Count(answer.Keys)} keys, with {Readable.Percent(100.0 * shown / answer.Requests)} of {Readable.Count(answer.Requests)} requests"
            : $"{Health.Plural(answer.Keys, "key")}, {Readable.Count(answer.Requests)} requests";
        var from = status.Rollups.FirstOrDefault(rollup => rollup.Name == here.Rollup.Name)?.CompleteFrom;
        return Html.Of(
            $"""
            {keys}, in closed {(here.Range.HasDays ? "days and hours" : "hours")} from {Readable.Time(here.Range.From, "hour")} on.{Html.When(from > here.Range.From, () => Html.Of($" It is whole from {Readable.Time(from, "hour")} on: `streamagg rebuild` fills the hours before."))}
            """);
    }

    private static string Dimensions(Rollup rollup) => rollup.Dimensions.Count == 0 ? "all requests" : $"by {string.Join(", ", rollup.Dimensions)}";
}
