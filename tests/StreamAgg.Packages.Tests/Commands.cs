using System.Diagnostics;

namespace StreamAgg.Packages.Tests;

/// <summary>Runs programs to their end.</summary>
internal static class Commands
{
    /// <returns>What it wrote to standard output.</returns>
    public static async Task<string> RunAsync(
        string folder, IReadOnlyDictionary<string, string> environment, string program, IEnumerable<string> arguments, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation), errors = process.StandardError.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', start.ArgumentList)} ended with {process.ExitCode}:\n{await output}{await errors}");
        return await output;
    }
}
