using System.Text.Json;
using Xunit;

namespace StreamAgg.Service.Tests.Cli;

public class UsageTests
{
    public static TheoryData<string> Verbs => ["run", "migrate", "status", "demo", "generate", "dead-letters", "dead-letters list", "dead-letters show", "quantile", "schema"];

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Every_verb_explains_itself(string verb)
    {
        var run = await StreamAggProcess.RunAsync([.. verb.Split(' '), "--help"]);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains($"streamagg {verb}", run.Output, StringComparison.Ordinal);
        Assert.Empty(run.Error);
    }

    [Theory]
    [InlineData("check --sample 0")]
    [InlineData("verify")]
    [InlineData("run --bogus")]
    [InlineData("demo --seconds never")]
    [InlineData("demo --rate 0")]
    [InlineData("quantile 1.5")]
    [InlineData("quantile")]
    [InlineData("quantile 0.5 --from yesterday")]
    [InlineData("generate --count -1")]
    [InlineData("generate --from 2999-01-01T00:00:00Z")]
    [InlineData("generate --from yesterday")]
    [InlineData("generate --speed 0")]
    [InlineData("generate --file")]
    [InlineData("generate --file /no/such/file")]
    [InlineData("generate --topic")]
    [InlineData("generate --topic usage")]
    [InlineData("dead-letters list --limit none")]
    [InlineData("dead-letters show gateway.usage x 1")]
    [InlineData("schema nothing")]
    [InlineData("status --fail-on")]
    [InlineData("status --fail-on lag")]
    [InlineData("status --fail-on gaps")]
    [InlineData("status --fail-on gap,watermark=5")]
    [InlineData("status --fail-on refused=-1")]
    public async Task Wrong_usage_is_one_line_and_exit_code_2(string arguments)
    {
        var run = await StreamAggProcess.RunAsync(arguments.Split(' '));

        Assert.Equal(2, run.ExitCode);
        Assert.Empty(run.Output);
        Assert.StartsWith("streamagg: ", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        Assert.Contains("--help", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_verb_the_verbs_are_named()
    {
        var run = await StreamAggProcess.RunAsync();

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("run, migrate, check, status", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("usage", "duration_ms")]
    [InlineData("error", "is_timeout")]
    public async Task A_schema_is_a_json_schema_and_nothing_else(string kind, string field)
    {
        var run = await StreamAggProcess.RunAsync("schema", kind);

        Assert.Equal(0, run.ExitCode);
        using var schema = JsonDocument.Parse(run.Output);
        Assert.StartsWith("https://json-schema.org/", schema.RootElement.GetProperty("$schema").GetString(), StringComparison.Ordinal);
        Assert.True(schema.RootElement.GetProperty("properties").TryGetProperty(field, out _));
    }
}
