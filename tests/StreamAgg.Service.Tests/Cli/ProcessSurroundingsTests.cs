using System.Diagnostics;
using StreamAgg.Service.Cli;
using Xunit;

namespace StreamAgg.Service.Tests.Cli;

/// <summary>What is wrong around the process rather than in its settings is one line, too.</summary>
public sealed class ProcessSurroundingsTests
{
    [Theory]
    [InlineData("ulimit -n 64", 3, "may open 64 files at once")]
    [InlineData("gone=$(mktemp -d); cd \"$gone\"; rmdir \"$gone\"", 2, "The working directory was deleted")]
    public async Task Too_few_files_and_a_deleted_folder_are_one_line_that_says_what_to_do(string before, int exitCode, string words)
    {
        string dll = Path.ChangeExtension(typeof(CommandLine).Assembly.Location, ".dll");
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"{before}; exec dotnet \"$0\" schema usage", dll])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Empty(await output);
        Assert.Contains(words, Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.Equal(exitCode, process.ExitCode);
    }

    [Theory]
    [InlineData("Max open files            64                   64                   files     ", "64")]
    [InlineData("Max open files            1024                 524288               files     ", null)]
    [InlineData("Max open files            unlimited            unlimited            files     ", null)]
    [InlineData("Max processes             63                   63                   processes ", null)]
    public void The_limit_is_read_as_the_system_writes_it(string line, string? told)
    {
        string? reason = OpenFileLimit.WhyTooLow(["Limit                     Soft Limit           Hard Limit           Units     ", line]);
        Assert.Equal(told is null, reason is null);
        Assert.Contains(told ?? "", reason ?? "", StringComparison.Ordinal);
    }
}
