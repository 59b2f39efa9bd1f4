using System.Text;
using System.Text.Json;
using StreamAgg.Core.Events;
using StreamAgg.Pipeline.Faults;
using StreamAgg.Pipeline.Log;
using StreamAgg.Postgres.Schema;
using StreamAgg.Service.Check;
using StreamAgg.Service.Tests.Cli;
using Xunit;

namespace StreamAgg.Service.Tests.Check;

public sealed class CheckRunTests
{
    private static readonly Diagnosis Silence = new("No answer came.", "start it.");

    [Fact]
    public async Task What_fails_hides_no_other_and_what_depends_on_it_waits_with_its_remedy()
    {
        var report = await ReportAsync(
            new("a", [], _ => throw new SchemaMismatchException(new("The schema is old;", "run `streamagg migrate`.")), Silence),
            new("b", ["a"], _ => throw new InvalidOperationException("nobody asks"), Silence),
            new("c", ["b"], _ => throw new InvalidOperationException("nobody asks"), Silence),
            new("d", [], _ => throw new OperationCanceledException("its time is over"), Silence),
            new("topic", [], _ => Task.FromResult(Finding.Later("`run` creates it")), Silence),
            new("right", ["topic"], _ => throw new InvalidOperationException("nobody asks"), Silence),
            new("good", [], _ => Task.FromResult(Finding.Ok("all is well")), Silence));

        Assert.Equal(
            """
            FAILED  a      The schema is old
                    Run `streamagg migrate`
            waits   b      not checked: it waits for a
            waits   c      not checked: it waits for b
            FAILED  d      No answer came
                    Start it
            ok      topic  `run` creates it
            waits   right  not checked: it waits for topic
            ok      good   all is well

            """, Text(report), ignoreLineEndingDifferences: true);
        Assert.Equal("4 of 7 preconditions do not hold: see to a, d first.", report.Fault);
        var checks = Json(report).GetProperty("checks");
        Assert.Equal([false, false, false, false, true, true, true], checks.EnumerateArray().Select(check => check.GetProperty("ok").GetBoolean()));
        Assert.Equal("Run `streamagg migrate`", checks[2].GetProperty("remedy").GetString());
        Assert.Equal(JsonValueKind.Null, checks[6].GetProperty("remedy").ValueKind);
        Assert.False(Json(report).TryGetProperty("samples", out _));
    }

    [Fact]
    public async Task What_a_server_says_is_one_line_without_a_password()
    {
        var report = await ReportAsync(new Precondition(
            "a", [], _ => throw new LogUnavailableException("refused\nby kafka://me:hunter2@host, password=hunter2") { Remedy = "Correct it." }, Silence));

        Assert.Equal(2, Text(report).Trim().Split('\n').Length);
        Assert.DoesNotContain("hunter2", Text(report) + Json(report), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refused_events_of_a_sample_are_no_fault_and_a_sample_that_cannot_be_read_is_one()
    {
        var good = await ReportAsync(new Precondition("a", [], _ => Task.FromResult(Finding.Ok("fine")), Silence));
        var refusal = new SampleRefusal("too_old", 3, new SourcePartition("u", 1), 7, new Refusal(0, "too_old", "1999 is before 2000", 0, 9));
        var sample = new SampleReport { Topic = "u", Read = 5, Accepted = 2, DurationsLeftOut = 1, Refused = [refusal] };
        var sampled = good with { Samples = [sample] };

        Assert.Null(sampled.Fault);
        Assert.Contains("the last 5 records of u: events accepted 2, refused 3, durations left out 1", Text(sampled), StringComparison.Ordinal);
        Assert.Contains("3  too_old: u 1 7, event 0: 1999 is before 2000", Text(sampled), StringComparison.Ordinal);
        Assert.Equal(
            """{"topic":"u","read":5,"accepted":2,"refused":{"too_old":{"count":3,"example":{"topic":"u","partition":1,"offset":7,"event_index":0,"detail":"1999 is before 2000"}}},"durations_left_out":1,"skipped":0,"proposal":[],"not_read":null}""",
            JsonSerializer.Serialize(Json(sampled).GetProperty("samples")[0]));
        Assert.Equal("u could not be sampled: away", (good with { Samples = [new SampleReport { Topic = "u", NotRead = "away" }] }).Fault);
    }

    [Fact]
    public async Task With_no_server_there_each_is_named_once_with_its_key_and_only_JSON_is_on_standard_output()
    {
        var run = await StreamAggProcess.RunAsync(
            "check", "--json", "--sample", "5", "--StreamAgg:Kafka:BootstrapServers=127.0.0.1:1", "--StreamAgg:Http:Url=http://127.0.0.1:0",
            "--StreamAgg:Postgres:ConnectionString=Host=127.0.0.1;Port=1;Database=x;Username=x;Password=hunter2");

        Assert.Equal(3, run.ExitCode);
        Assert.EndsWith("see to PostgreSQL, Kafka first.", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        using var document = JsonDocument.Parse(run.Output);
        var checks = document.RootElement.GetProperty("checks").EnumerateArray().ToDictionary(check => check.GetProperty("name").GetString()!);
        Assert.Contains("StreamAgg:Postgres:ConnectionString", checks["PostgreSQL"].GetProperty("remedy").GetString(), StringComparison.Ordinal);
        Assert.Contains("StreamAgg:Kafka:BootstrapServers", checks["topic gateway.usage"].GetProperty("remedy").GetString(), StringComparison.Ordinal);
        Assert.Equal(["settings", "HTTP address http://127.0.0.1:0", "HTTP readers"], checks.Values.Where(check => check.GetProperty("ok").GetBoolean()).Select(check => check.GetProperty("name").GetString()));
        Assert.Empty(document.RootElement.GetProperty("samples").EnumerateArray());
        Assert.DoesNotContain("hunter2", run.Output + run.Error, StringComparison.Ordinal);
    }

    private static async Task<CheckReport> ReportAsync(params Precondition[] preconditions) =>
        new(await CheckRun.AskAsync(preconditions, TimeProvider.System, TestContext.Current.CancellationToken), null);

    private static string Text(CheckReport report)
    {
        using var output = new StringWriter();
        report.Write(output);
        return output.ToString();
    }

    private static JsonElement Json(CheckReport report)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
            report.WriteJson(writer);
        return JsonDocument.Parse(Encoding.UTF8.GetString(stream.ToArray())).RootElement;
    }
}
