using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using StreamAgg.Service.Http;
using Xunit;

namespace StreamAgg.Service.Tests.Http;

/// <summary>Rows over HTTP: page by page, as JSON or CSV, whole or not at all.</summary>
public sealed class RowAnswerTests : IAsyncLifetime
{
    private readonly FixedReports reports = new();
    private readonly HttpClient client = new();
    private HttpServer server = null!;

    public async ValueTask InitializeAsync()
    {
        var stage = new Stage();
        stage.Open(reports, () => true, () => true);
        server = await HttpServer.StartAsync(new Uri("http://127.0.0.1:0"), stage, NullLoggerFactory.Instance, TestContext.Current.CancellationToken);
        client.BaseAddress = new Uri(server.Url);
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await server.DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Pages_are_one_array(int pages)
    {
        reports.Pages = pages;

        using var rows = JsonDocument.Parse(await client.GetStringAsync(new Uri("/api/v1/hourly", UriKind.Relative), TestContext.Current.CancellationToken));

        Assert.Equal(pages, rows.RootElement.GetArrayLength());
    }

    [Theory]
    [InlineData("text/csv", true)]
    [InlineData("text/csv, */*", true)]
    [InlineData("application/json;q=0.5, text/csv", true)]
    [InlineData("application/json, text/csv", false)]
    [InlineData("text/csv;q=0", false)]
    [InlineData("text/html, */*;q=0.8", false)]
    [InlineData("not a type", false)]
    public async Task Whoever_prefers_csv_has_csv(string accept, bool isCsv)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/daily");
        request.Headers.TryAddWithoutValidation("Accept", accept);
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(isCsv ? "text/csv" : "application/json", answer.Content.Headers.ContentType?.MediaType);
        if (isCsv)
        {
            Assert.Equal(
                "bucket_date,platform,request_count,success_count,error_count,error_4xx_count,error_5xx_count,timeout_count,avg_latency_ms,p99_latency_ms,error_rate,computed_at\r\n"
                + "2026-02-28,<b>&,4,3,1,1,0,0,12.25,,25,2026-03-01T12:34:56Z\r\n",
                await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
    }

    [Theory]
    [InlineData("", "\"\"")]
    [InlineData("a, \"b\"", "\"a, \"\"b\"\"\"")]
    [InlineData("two\nlines", "\"two\nlines\"")]
    [InlineData("🐘", "🐘")]
    public async Task A_label_is_one_field_of_the_csv(string label, string field)
    {
        reports.Label = label;
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/hourly");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/csv"));
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Contains($"2026-03-01T11:00:00Z,{field},4,", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_range_of_too_many_rows_is_refused_and_names_the_way_out()
    {
        reports.Pages = 100_001;

        using var answer = await client.GetAsync(new Uri("/api/v1/hourly", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("100000 rows", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_goes_away_between_two_pages_breaks_the_answer_off()
    {
        (reports.Pages, reports.BrokenPage) = (3, 2);

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync(new Uri("/api/v1/hourly", UriKind.Relative), TestContext.Current.CancellationToken));
    }
}
