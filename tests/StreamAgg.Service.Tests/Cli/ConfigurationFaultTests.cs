using Xunit;

namespace StreamAgg.Service.Tests.Cli;

/// <summary>Every verb checks its configuration before it connects to anything; run as a process, for the sources are the process's.</summary>
public sealed class ConfigurationFaultTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("streamagg-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("run")]
    [InlineData("migrate")]
    [InlineData("status")]
    [InlineData("demo")]
    [InlineData("generate")]
    [InlineData("quantile 0.5")]
    [InlineData("dead-letters list")]
    [InlineData("schema usage")]
    public async Task Each_verb_refuses_a_wrong_setting_with_exit_code_2(string verb)
    {
        var run = await StreamAggProcess.RunAsync([.. verb.Split(' '), "--StreamAgg:Pipeline:Consumers=65"]);

        Assert.Equal(2, run.ExitCode);
        Assert.Empty(run.Output);
        Assert.Equal(["streamagg: StreamAgg:Pipeline:Consumers = '65': allowed is an integer from 1 to 64 (default 1)."], run.ErrorLines);
    }

    [Fact]
    public async Task A_setting_may_stand_before_the_verb_and_apart_from_its_value()
    {
        var run = await StreamAggProcess.RunAsync("--streamagg:onGap", "Ignore", "status", "--json");

        Assert.Equal(2, run.ExitCode);
        Assert.Equal(["streamagg: StreamAgg:OnGap = 'Ignore': allowed is Stop or Continue (default Stop)."], run.ErrorLines);
    }

    [Fact]
    public async Task Of_a_setting_that_is_given_twice_the_last_one_counts()
    {
        var run = await StreamAggProcess.RunAsync("status", "--StreamAgg:OnGap=Stop", "--streamagg:ongap=Ignore");

        Assert.Equal(2, run.ExitCode);
        Assert.Equal(["streamagg: StreamAgg:OnGap = 'Ignore': allowed is Stop or Continue (default Stop)."], run.ErrorLines);
    }

    [Fact]
    public async Task A_fault_is_one_line_whatever_the_value_holds()
    {
        var run = await StreamAggProcess.RunAsync(new() { ["StreamAgg__OnGap"] = "Stop\nContinue" }, ["status"]);

        Assert.Equal(2, run.ExitCode);
        Assert.Equal(["streamagg: StreamAgg:OnGap = 'Stop Continue': allowed is Stop or Continue (default Stop)."], run.ErrorLines);
    }

    [Fact]
    public async Task A_setting_without_a_value_is_refused()
    {
        var run = await StreamAggProcess.RunAsync("run", "--StreamAgg:Kafka:GroupId");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("has no value", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_environment_is_stronger_than_the_file_and_the_command_line_strongest()
    {
        await WriteFileAsync("""{"StreamAgg":{"Pipeline":{"Consumers":101,"MaxPlatforms":-1,"Grace":"x"}}}""");

        var run = await StreamAggProcess.RunAsync(
            new() { ["StreamAgg__Pipeline__Consumers"] = "102", ["StreamAgg__Pipeline__MaxPlatforms"] = "-2" },
            ["run", "--StreamAgg:Pipeline:Consumers=103"], folder);

        Assert.Equal(2, run.ExitCode);
        Assert.Equal(3, run.ErrorLines.Count);
        Assert.Contains("Consumers = '103'", run.Error, StringComparison.Ordinal);
        Assert.Contains("MaxPlatforms = '-2'", run.Error, StringComparison.Ordinal);
        Assert.Contains("Grace = 'x'", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_not_json_is_refused_by_its_name()
    {
        await WriteFileAsync("{ not json");

        var run = await StreamAggProcess.RunAsync([], ["status"], folder);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("appsettings.json", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_key_is_refused_and_the_known_ones_are_named()
    {
        var run = await StreamAggProcess.RunAsync(new() { ["StreamAgg__Pipeline__Consumer"] = "2" }, ["run"]);

        Assert.Equal(2, run.ExitCode);
        string line = Assert.Single(run.ErrorLines);
        Assert.Contains("StreamAgg:Pipeline:Consumer: no such setting", line, StringComparison.Ordinal);
        Assert.Contains("Consumers, Grace", line, StringComparison.Ordinal);
    }

    private Task WriteFileAsync(string json) =>
        File.WriteAllTextAsync(Path.Combine(folder, "appsettings.json"), json, TestContext.Current.CancellationToken);
}
