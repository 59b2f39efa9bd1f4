using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Postgres.Queries;
using StreamAgg.Service.Http;
using StreamAgg.Service.Http.Page;
using Xunit;

namespace StreamAgg.Service.Tests.Http;

/// <summary>What the page says without its script, and what it loads.</summary>
public sealed partial class PageTests : IAsyncLifetime
{
    private readonly FixedReports reports = new();
    private readonly HttpClient client = new();
    private HttpServer server = null!;

    private static readonly Instant Running = FixedReports.Now.Hour.Start;

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var stage = new Stage();
        stage.Open(reports, () => true, () => true);
        server = await HttpServer.StartAsync(new Uri("http://127.0.0.1:0"), stage, NullLoggerFactory.Instance, Ending);
        client.BaseAddress = new Uri(server.Url);
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await server.DisposeAsync();
    }

    [Theory]
    [InlineData("", "2026-02-28T13:00:00Z", "2026-03-01T13:00:00Z", false)]
    [InlineData("?range=hour", "2026-03-01T11:00:00Z", "2026-03-01T13:00:00Z", false)]
    [InlineData("?range=week", "2026-02-23T00:00:00Z", "2026-03-02T00:00:00Z", true)]
    [InlineData("?range=month", "2026-01-31T00:00:00Z", "2026-03-02T00:00:00Z", true)]
    [InlineData("?range=custom&from=2026-02-01T10:30&to=2026-02-02T09:30", "2026-02-01T10:00:00Z", "2026-02-02T10:00:00Z", false)]
    [InlineData("?range=custom&from=2026-02-01&to=2026-02-09T01:00:00%2B08:00", "2026-02-01T00:00:00Z", "2026-02-09T00:00:00Z", true)]
    public async Task The_first_view_is_the_last_24_hours_and_every_other_has_a_link(string query, string from, string to, bool hasDays)
    {
        var questions = new List<LiveQuestion>();
        reports.Live = question =>
        {
            questions.Add(question);
            return new LiveRange([], []);
        };

        string page = await client.GetStringAsync(new Uri("/" + query, UriKind.Relative), Ending);

        Assert.Equal((from, to, hasDays), (questions[0].From.ToString(), questions[0].To.ToString(), questions[0].Days is not null));
        Assert.Equal(["Hour", "Day", "Week", "30 days"], RangeButton().Matches(page).Select(match => match.Groups["name"].Value));
    }

    [Theory]
    [InlineData("range=year", "range")]
    [InlineData("range=custom&from=2026-02-02&to=2026-02-01", "from")]
    [InlineData("range=custom&from=2025-02-02&to=2026-02-01", "from")]
    [InlineData("form=1", "form")]
    public async Task A_wrong_view_is_a_problem_that_names_the_parameter(string query, string parameter)
    {
        using var answer = await client.GetAsync(new Uri("/?" + query, UriKind.Relative), Ending);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains($"\"{parameter}: ", await answer.Content.ReadAsStringAsync(Ending), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tile_tells_requests_errors_and_p99_of_the_range_against_the_day_before()
    {
        Show([Row("openai", 1, 900, 100, p99: 812.4, samples: 900), Row("openai", 0, 200, 0, p99: 700, samples: 200, isOpen: true)], [Row("openai", 25, 500, 0, 400, 500)]);

        string tile = Tile(await PageAsync(), "openai");

        Assert.Contains(">1,200</dd>", tile, StringComparison.Ordinal);
        Assert.Contains(">8.33 %</dd>", tile, StringComparison.Ordinal);
        Assert.Contains(">812 ms</dd>", tile, StringComparison.Ordinal);
        // The running hour is compared with nothing.
        Assert.Contains("+100 % against a day ago", tile, StringComparison.Ordinal);
        Assert.Contains("400 ms a day ago", tile, StringComparison.Ordinal);
        Assert.Contains("4xx <b>40</b>", tile, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_chooses_the_empty_label_is_not_shown_the_page_of_all()
    {
        Show([Row("", 1, 10, 0), Row("a", 1, 10, 0)], []);

        Assert.Contains("data-platform=\"a\"", await PageAsync(), StringComparison.Ordinal);
        string chosen = await client.GetStringAsync(new Uri("/?platform=", UriKind.Relative), Ending);
        Assert.Contains("data-platform=\"\"", chosen, StringComparison.Ordinal);
        Assert.DoesNotContain("data-platform=\"a\"", chosen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_running_hour_is_provisional()
    {
        Show([Row("a", 1, 10, 0), Row("a", 0, 10, 0, isOpen: true)], []);

        string page = await PageAsync();

        string[] rows = [.. TableRow().Matches(page).Select(match => match.Value)];
        Assert.Equal([true, false], rows.Select(row => row.Contains("provisional", StringComparison.Ordinal)));
        Assert.Contains("the running hour is <span class=\"tag\">provisional</span>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_traffic_is_never_a_rate_of_nothing()
    {
        Show([Row("a", 1, 1000, 0)], [Row("a", 25, 1000, 0), Row("gone", 25, 2970, 30)]);

        string page = await PageAsync(), tile = Tile(page, "gone");

        Assert.Contains("no traffic", tile, StringComparison.Ordinal);
        Assert.DoesNotContain("%", tile, StringComparison.Ordinal);
        Assert.Contains("<b>gone</b>: no traffic in this range, 3,000 requests a day ago.", page, StringComparison.Ordinal);
        Assert.Contains("All else as a day ago.", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_p99_of_few_durations_says_why_it_is_grey()
    {
        Show([Row("a", 1, 99, 0, p99: 50, samples: 99)], []);
        Assert.Contains("class=\"thin\" title=\"99 durations: too few\">50 ms</dd>", Tile(await PageAsync(), "a"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_outage_that_is_over_is_still_what_stands_out()
    {
        Show(
            [Row("a", 4, 990, 10), Row("a", 3, 800, 200), Row("a", 2, 850, 150), Row("a", 1, 990, 10), Row("b", 1, 1000, 1)],
            [Row("a", 25, 990, 10), Row("b", 25, 1000, 1)]);

        Assert.Contains(
            "<b>a</b>: 17.5 % errors from <time datetime=\"2026-03-01T09:00:00Z\" data-form=\"minute\">09:00</time> to <time datetime=\"2026-03-01T11:00:00Z\" data-form=\"minute\">11:00</time>, 1 % now.</span>",
            await PageAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_sentence_names_who_fails_since_when_and_how()
    {
        Show(
            [Row("a", 3, 990, 10), Row("a", 2, 800, 200), Row("a", 1, 850, 150), Row("b", 1, 1000, 1)],
            [Row("a", 25, 990, 10), Row("b", 25, 1000, 1)]);

        string page = await PageAsync();

        Assert.Contains("<b>a</b>: 17.5 % errors since <time datetime=\"2026-03-01T10:00:00Z\" data-form=\"minute\">10:00</time>, mostly 5xx.</span>", page, StringComparison.Ordinal);
        Assert.Contains("All else as a day ago.", page, StringComparison.Ordinal);
        Assert.Contains("class=\"tile bad ", Tile(page, "a"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Labels_that_look_alike_are_told_apart_and_every_one_is_there()
    {
        string[] labels = ["openai", "OpenAI", "open ai", "z\u200bai", "", "plain"];
        Show([.. labels.Order(StringComparer.Ordinal).Select(label => Row(label, 1, 100, 0))], []);

        string page = await PageAsync();

        Assert.Contains("<span class=\"quoted\">\"openai\"</span>", page, StringComparison.Ordinal);
        Assert.Contains("<span class=\"quoted\">\"OpenAI\"</span>", page, StringComparison.Ordinal);
        Assert.Contains("\"open<span class=\"blank\" title=\"a blank\"> </span>ai\"", page, StringComparison.Ordinal);
        Assert.Contains("<sup>U+200B</sup>", page, StringComparison.Ordinal);
        Assert.Contains("<span class=\"quoted\">\"\"</span>", page, StringComparison.Ordinal);
        Assert.Contains("</i>plain</h3>", page, StringComparison.Ordinal);
        Assert.All(labels, label => Assert.Contains($"data-platform=\"{WebUtility.HtmlEncode(label)}\"", page, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Chosen_platforms_alone_are_shown_and_the_others_can_still_be_chosen()
    {
        Show([Row("a", 1, 100, 0), Row("b", 1, 100, 0)], []);

        string page = await PageAsync("/?platform=b");

        Assert.DoesNotContain("data-platform=\"a\"", page, StringComparison.Ordinal);
        Assert.Contains("data-platform=\"b\"", page, StringComparison.Ordinal);
        Assert.Contains("name=\"platform\" value=\"a\">", page, StringComparison.Ordinal);
        Assert.Contains("name=\"platform\" value=\"b\" checked>", page, StringComparison.Ordinal);
        Assert.Contains("&amp;platform=b\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_label_has_the_same_colour_everywhere_and_well_known_ones_have_one_each()
    {
        Assert.Equal(
            10, new[] { "openai", "anthropic", "gemini", "antigravity", "bedrock", "", "azure", "mistral", "deepseek", "深度求索" }.Select(Labels.Colour).Distinct().Count());
        Assert.All(Enumerable.Range(0, 100), i => Assert.InRange(Labels.Dash($"label {i}"), 0, Labels.Dashes - 1));
    }

    [Fact]
    public async Task Files_are_small_packed_and_sent_once()
    {
        Assert.InRange(Asset.Names.Sum(name => Asset.Find(name)!.Packed.Length), 1, 100_000);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/assets/page.css");
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip, br");
        using var packed = await client.SendAsync(request, Ending);
        Assert.Equal(["br"], packed.Content.Headers.ContentEncoding);

        using var again = new HttpRequestMessage(HttpMethod.Get, "/assets/page.css");
        again.Headers.IfNoneMatch.Add(packed.Headers.ETag!);
        using var known = await client.SendAsync(again, Ending);
        Assert.Equal((HttpStatusCode.NotModified, 0), (known.StatusCode, (await known.Content.ReadAsByteArrayAsync(Ending)).Length));
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(new Uri("/assets/none.js", UriKind.Relative), Ending)).StatusCode);
    }

    private void Show(LiveRow[] rows, LiveRow[] before) => reports.Live = question => question.To > Running ? Range(rows) : Range(before);

    /// <summary>The rows with their sums; a p99 is the largest of them.</summary>
    private static LiveRange Range(LiveRow[] rows) => new(
        [.. rows.OrderBy(row => row.Row.Start)],
        [.. rows.GroupBy(row => row.Row.Label).Select(group => new LiveRow(
            group.First().Row with
            {
                Values = [.. Figures.Basic.Select(figure => figure.Column switch
                {
                    "error_rate" => 100.0 * group.Sum(row => row.Row.Get<long>("error_count")) / group.Sum(row => row.Row.Get<long>("request_count")),
                    _ when figure.SqlType == Figures.Count => group.Sum(row => row.Row.Get<long>(figure.Column)),
                    _ when figure.SqlType == Figures.Real => group.Max(row => row.Row[figure.Column] as double?),
                    _ => group.First().Row[figure.Column],
                })],
            },
            group.Any(row => row.IsProvisional),
            new Latencies(group.Sum(row => row.Latencies!.Count), [1, 2, 3], new long[Latencies.BinCount])))]);

    /// <summary>Of an hour so many before the running one; of ten errors four are 4xx and six are 5xx.</summary>
    private static LiveRow Row(string platform, int hoursAgo, long successes, long errors, double? p99 = 100, long samples = 1000, bool isOpen = false) => new(
        new PublishedRow(Running - TimeSpan.FromHours(hoursAgo), platform,
            [successes + errors, successes, errors, errors * 4 / 10, errors * 6 / 10, 0L, p99, p99, 100.0 * errors / (successes + errors), FixedReports.Now]),
        isOpen, new Latencies(samples, [1, 2, 3], new long[Latencies.BinCount]));

    private Task<string> PageAsync(string path = "/") => client.GetStringAsync(new Uri(path, UriKind.Relative), Ending);

    private static string Tile(string page, string platform) =>
        Assert.Single(Article().Matches(page).Select(match => match.Value), tile => tile.Contains($"data-platform=\"{platform}\"", StringComparison.Ordinal));

    [GeneratedRegex("<button name=\"range\"[^>]*>(?<name>[^<]*)</button>", RegexOptions.ExplicitCapture)]
    private static partial Regex RangeButton();

    [GeneratedRegex("<article[\\s\\S]*?</article>")]
    private static partial Regex Article();

    [GeneratedRegex("<tr><td data-v=[\\s\\S]*?</tr>")]
    private static partial Regex TableRow();
}
