using System.Diagnostics;
using Xunit;

namespace StreamAgg.Service.Tests.Cli;

/// <summary>The built executable, run as its users run it.</summary>
internal sealed record StreamAggProcess(int ExitCode, string Output, string Error)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    public IReadOnlyList<string> ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public static Task<StreamAggProcess> RunAsync(params string[] arguments) => RunAsync([], arguments);

    public static async Task<StreamAggProcess> RunAsync(Dictionary<string, string> environment, string[] arguments, string? folder = null)
    {
        using var process = Start(environment, arguments, folder);
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException late)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"streamagg {string.Join(' ', arguments)} did not end: {await output} {await error}", late);
        }

        return new StreamAggProcess(process.ExitCode, await output, await error);
    }

    public static Process Start(Dictionary<string, string> environment, string[] arguments, string? folder = null)
    {
        string dll = Path.ChangeExtension(typeof(Service.Cli.CommandLine).Assembly.Location, ".dll");
        var start = new ProcessStartInfo("dotnet", [dll, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? Path.GetTempPath(),
        };
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("StreamAgg__", StringComparison.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Process.Start(start) ?? throw new InvalidOperationException("dotnet was not started.");
    }
}
