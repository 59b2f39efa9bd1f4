using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Postgres.Queries;
using StreamAgg.Service.Http;
using Xunit;

namespace StreamAgg.Service.Tests.Http;

/// <summary>Rows up to now, days of a zone, and the document that names all there is to ask.</summary>
public sealed class LiveEndpointTests : IAsyncLifetime
{
    private readonly FixedReports reports = new();
    private readonly HttpClient client = new();
    private readonly List<LiveQuestion> questions = [];
    private HttpServer server = null!;

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var stage = new Stage();
        stage.Open(reports, () => true, () => true);
        server = await HttpServer.StartAsync(new Uri("http://127.0.0.1:0"), stage, NullLoggerFactory.Instance, Ending);
        client.BaseAddress = new Uri(server.Url);
        reports.Live = question =>
        {
            questions.Add(question);
            var start = question.Days is null ? question.From : question.From.Hour.Day.Start;
            return new LiveRange(
            [
                new LiveRow(Row(start, "a"), false, new Latencies(3, [.. question.Quantiles.Select(q => q * 100)], [])),
                new LiveRow(Row(start, "b"), true, null),
            ], []);
        };
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Live_rows_are_named_as_the_columns_and_say_whether_they_are_provisional()
    {
        using var rows = JsonDocument.Parse(await GetAsync("/api/v1/live?from=2026-02-01&to=2026-02-02T00:00:00Z"));

        Assert.Equal(
            ["bucket_start", "platform", .. Figures.Basic.Select(figure => figure.Column), "provisional"],
            rows.RootElement[0].EnumerateObject().Select(member => member.Name));
        Assert.Equal([false, true], rows.RootElement.EnumerateArray().Select(row => row.GetProperty("provisional").GetBoolean()));
        string[] lines = (await GetAsync("/api/v1/live?by=day&format=csv&from=2026-02-01&to=2026-02-02T00:00:00Z")).Split("\r\n");
        Assert.StartsWith("bucket_date,platform,request_count,", lines[0], StringComparison.Ordinal);
        Assert.EndsWith(",provisional", lines[0], StringComparison.Ordinal);
        Assert.EndsWith(",true", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quantiles_are_told_by_bucket_and_platform()
    {
        Assert.Equal(
            """[{"bucket_date":"2026-02-01","platform":"a","provisional":false,"count":3,"quantiles":{"0.5":50,"0.99":99}},{"bucket_date":"2026-02-01","platform":"b","provisional":true,"count":0,"quantiles":{"0.5":null,"0.99":null}}]""",
            await GetAsync("/api/v1/quantiles?q=0.5&q=0.99&by=day&from=2026-02-01&to=2026-02-02"));
    }

    [Fact]
    public async Task Who_has_an_answer_is_told_so_and_the_database_is_asked_once_in_a_moment()
    {
        using var first = await client.GetAsync(new Uri("/api/v1/live", UriKind.Relative), Ending);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/live");
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using var second = await client.SendAsync(request, Ending);

        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Single(questions);
    }

    [Theory]
    [InlineData("live?by=week", "by")]
    [InlineData("live?format=xml", "format")]
    [InlineData("live?from=2026-01-01&to=2026-02-02", "from")]
    [InlineData("live?by=day&from=2025-01-01&to=2026-02-02", "from")]
    [InlineData("quantiles", "q")]
    [InlineData("quantiles?q=0.5&q=2", "q")]
    [InlineData("daily?tz=Asia/Kolkata", "tz")]
    [InlineData("daily?tz=%2B05:30", "tz")]
    [InlineData("daily?tz=Mars/Olympus", "tz")]
    [InlineData("daily?tz=x", "tz")]
    [InlineData("daily?tz=Asia/Tokyo&from=2024-01-01&to=2026-01-01", "from")]
    [InlineData("hourly?tz=Asia/Tokyo", "tz")]
    public async Task A_wrong_parameter_is_a_problem_that_names_it(string query, string parameter)
    {
        using var answer = await client.GetAsync(new Uri("/api/v1/" + query, UriKind.Relative), Ending);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains($"\"detail\":\"{parameter}: ", await answer.Content.ReadAsStringAsync(Ending), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tz=Asia/Tokyo&from=2026-02-01&to=2026-02-03", "2026-01-31T15:00:00Z 24, 2026-02-01T15:00:00Z 24")]
    [InlineData("tz=%2B08:00&from=2026-02-01&to=2026-02-02", "2026-01-31T16:00:00Z 24")]
    [InlineData("tz=-03&from=2026-02-01&to=2026-02-02T12:00:00Z", "2026-02-01T03:00:00Z 24, 2026-02-02T03:00:00Z 24")]
    [InlineData("tz=Europe/Berlin&from=2026-03-28&to=2026-03-31", "2026-03-27T23:00:00Z 24, 2026-03-28T23:00:00Z 23, 2026-03-29T22:00:00Z 24")]
    [InlineData("tz=Asia/Tokyo&from=2026-02-01T00:00:00Z&to=2026-02-02T00:00:00Z", "2026-02-01T15:00:00Z 24")]
    public async Task Days_of_a_zone_are_merged_from_their_hours(string query, string days)
    {
        using var rows = JsonDocument.Parse(await GetAsync("/api/v1/daily?" + query));

        Assert.Equal(days, string.Join(", ", questions.Select(question => $"{question.From} {(question.To - question.From).TotalHours}")));
        // What still grows is no day yet.
        Assert.All(rows.RootElement.EnumerateArray(), row => Assert.Equal("a", row.GetProperty("platform").GetString()));
        Assert.Equal(questions.Count, rows.RootElement.GetArrayLength());
    }

    [Fact]
    public async Task The_document_names_every_route_with_every_parameter_and_every_column()
    {
        using var document = JsonDocument.Parse(await GetAsync("/openapi/v1.json"));
        var paths = document.RootElement.GetProperty("paths");
        string[] documented = [.. paths.EnumerateObject().Select(path => path.Name)];
        Assert.Equal(server.Routes.Where(route => route.StartsWith("/api/", StringComparison.Ordinal)).Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
        foreach (string path in documented)
        {
            using var answer = await client.GetAsync(new Uri($"{path}?nonsense=1", UriKind.Relative), Ending);
            using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Ending));
            string detail = problem.RootElement.GetProperty("detail").GetString()!;
            string[] known = detail[(detail.IndexOf("there are ", StringComparison.Ordinal) + "there are ".Length)..].TrimEnd('.').Split(", ");
            var named = paths.GetProperty(path).GetProperty("get").GetProperty("parameters").EnumerateArray().Select(
                parameter => parameter.TryGetProperty("name", out var name) ? name.GetString() : parameter.GetProperty("$ref").GetString()!.Split('/')[^1]);
            Assert.Equal(known.Where(name => name != "none").Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
        }

        var figures = document.RootElement.GetProperty("components").GetProperty("schemas").GetProperty("Figures").GetProperty("properties");
        Assert.Equal(["platform", .. Figures.Basic.Select(figure => figure.Column)], figures.EnumerateObject().Select(member => member.Name));
    }

    private Task<string> GetAsync(string path) => client.GetStringAsync(new Uri(path, UriKind.Relative), Ending);

    private static PublishedRow Row(Instant start, string platform) =>
        new(start, platform, [4L, 3L, 1L, 1L, 0L, 0L, 12.25, null, 25.0, FixedReports.Now]);
}
