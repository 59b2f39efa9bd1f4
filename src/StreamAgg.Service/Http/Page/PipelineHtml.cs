using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Http.Page;

/// <summary>The aggregator's own part of the page: a strip to glance at, and all of it further down.</summary>
internal static class PipelineHtml
{
    public static Html Strip(StatusReport status)
    {
        var health = Health.Of(status);
        int members = status.Partitions.Select(partition => partition.Owner).OfType<string>().Distinct().Count();
        return Html.Of(
            $"""
            <p class="health"><span class="pill {health.Level}">{health.Word}</span> {health.Reason}</p>
            <dl class="strip">
            {Item("Watermark", Readable.Time(status.Watermark, "second"), false)}
            {Item("Behind", Html.Of($"{Readable.Age(status.WatermarkAge)}"), false)}
            {Item("Lag, records", Html.Of($"{Readable.Count(status.TotalLag)}"), false)}
            {Item("Open hours", Html.Of($"{status.OpenHours}"), false)}
            {Item("To publish", Html.Of($"{status.DirtyHours}"), false)}
            {Item("Gaps", Html.Of($"{status.Gaps.Count}"), status.Gaps.Count > 0)}
            {Item("Refused, last hour", Html.Of($"{Readable.Count(status.Events.RefusedLastHour)}"), status.Events.RefusedLastHour > 0)}
            {Item("Durations left out", Html.Of($"{Readable.Count(status.Events.DurationsLeftOut)}"), false)}
            {Item("Members", Html.Of($"{(members > 0 ? Readable.Count(members) : Readable.Nothing)}"), false)}
            </dl>
            """);
    }

    public static Html Details(StatusReport status) => Html.Of(
        $"""
        <dl class="lines">{Html.Each(StatusLines.Of(status), line => Html.Of($"<div><dt>{line.Name}</dt><dd>{line.Value}</dd></div>"))}</dl>
        <div class="scroll" tabindex="0" role="region" aria-label="Partitions">
        <table><thead><tr><th scope="col">Topic</th><th scope="col" class="n">Partition</th><th scope="col">Owner</th><th scope="col" class="n">Next offset</th>
        <th scope="col" class="n">Log end</th><th scope="col" class="n">Lag</th><th scope="col" class="n">Watermark</th></tr></thead>
        <tbody>{Html.Each(status.Partitions, Row)}</tbody></table></div>
        """);

    private static Html Row(PartitionLine partition) => Html.Of(
        $"""
        <tr><td>{partition.Topic}</td><td class="n">{partition.Partition}</td><td>{partition.Owner ?? Readable.Nothing}</td><td class="n">{Readable.Count(partition.NextOffset)}</td>
        <td class="n">{Readable.Count(partition.LogEndOffset)}</td><td class="n">{Readable.Count(partition.Lag)}</td><td class="n">{Readable.Time(partition.Watermark, "second")}</td></tr>
        """);

    private static Html Item(string name, Html value, bool isWrong) =>
        Html.Of($"<div{Html.When(isWrong, () => Html.Of($" class=\"warn\""))}><dt>{name}</dt><dd>{value}</dd></div>\n");
}
