using System.Diagnostics;
using System.Text.RegularExpressions;

namespace StreamAgg.Simulation.Tests;

public sealed partial class RepeatabilityTests
{
    /// <summary>Two processes hash strings differently, compile differently and are scheduled differently: none of it may reach a world.</summary>
    [Fact]
    public async Task Two_processes_make_the_same_worlds_of_the_same_seeds()
    {
        string[] worlds = await Task.WhenAll(RunAsync(threads: 1), RunAsync(threads: 2));
        Assert.Equal(worlds[0], worlds[1]);
    }

    private static async Task<string> RunAsync(int threads)
    {
        string program = Path.ChangeExtension(typeof(World).Assembly.Location, ".dll");
        var start = new ProcessStartInfo("dotnet", [program, "--seeds", "40", "--threads", $"{threads}"]) { RedirectStandardOutput = true, UseShellExecute = false };
        using var process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, output);
        return WorldsLine().Match(output) is { Success: true } match ? match.Groups[1].Value : throw new InvalidOperationException(output);
    }

    [GeneratedRegex("worlds ([0-9a-f]{16})")]
    private static partial Regex WorldsLine();
}
