using System.Diagnostics;
using System.Runtime.InteropServices;

namespace StreamAgg.EndToEnd.Tests.Harness;

/// <summary>The executable itself, as a process that can be killed, frozen and asked to stop. It ends when the tests end, however they end.</summary>
internal sealed partial class ServiceProcess : IAsyncDisposable
{
    private const int SignalKill = 9;
    private const int SignalTerminate = 15;
    private const int SignalContinue = 18;
    private const int SignalStop = 19;

    // The shell stays between the two: its input closes with this process, whatever happens to it, and then it kills.
    private const string Guard =
        """
        exec 2>/dev/null
        out=$1 err=$2; shift 2
        exec 3<&0
        "$@" >"$out" 2>"$err" </dev/null 3<&- & p=$!
        (cat <&3 >/dev/null; kill -9 $p 2>/dev/null) >/dev/null 2>&1 &
        exec 3<&-
        echo $p
        wait $p
        echo $?
        """;

    private readonly Process shell;
    private readonly Task<int> exit;
    private readonly string folder;
    private readonly int pid;

    private ServiceProcess(Process shell, string folder, int pid)
    {
        this.shell = shell;
        this.folder = folder;
        this.pid = pid;
        exit = ReadExitCodeAsync();
    }

    /// <summary>False once the test itself has asked it to end: then an exit is no fault.</summary>
    public bool IsExpectedToRun { get; private set; } = true;

    public bool HasExited => exit.IsCompleted;

    /// <summary>Standard output so far: the log, or what a verb prints.</summary>
    public string Output => Read("out");

    /// <summary>One more than how often a member has said that PostgreSQL did not take its checkpoint, or did not answer what comes before it.</summary>
    public int StoreFailures => Output.Split(["checkpoint not written", "the database does not answer"], StringSplitOptions.None).Length;

    /// <summary>Standard error so far.</summary>
    public string Errors => Read("err");

    public static ServiceProcess Start(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        string place = Directory.CreateTempSubdirectory("streamagg-process-").FullName;
        // As it is published where somebody has published it, for it starts sooner then; else as it was built.
        string program = Path.Combine(Environment.GetEnvironmentVariable("STREAMAGG_PUBLISHED") ?? AppContext.BaseDirectory, "streamagg.dll");
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = place, UseShellExecute = false };
        foreach (string argument in (string[])["-c", Guard, "sh", Path.Combine(place, "out"), Path.Combine(place, "err"), "dotnet", program, .. arguments])
            start.ArgumentList.Add(argument);
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("StreamAgg__", StringComparison.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        var started = Process.Start(start) ?? throw new InvalidOperationException("/bin/sh did not start");
        string number = started.StandardOutput.ReadLine() ?? throw new InvalidOperationException("the service did not start");
        return new ServiceProcess(started, place, int.Parse(number));
    }

    /// <summary>SIGTERM: it is asked to end in good order.</summary>
    public void Terminate() => End(SignalTerminate);

    /// <summary>SIGKILL: it ends at once, with whatever it had in memory.</summary>
    public async Task KillAsync()
    {
        End(SignalKill);
        await exit;
    }

    /// <summary>SIGSTOP: its connections stay open and it does nothing.</summary>
    public void Freeze() => Signal(SignalStop);

    /// <summary>SIGCONT: it goes on and believes what it knew.</summary>
    public void Thaw() => Signal(SignalContinue);

    /// <summary>The exit code; a shell's 128 + signal where one ended it.</summary>
    public async Task<int> WaitForExitAsync(TimeSpan? limit = null)
    {
        TimeSpan within = limit ?? Eventually.Deadline;
        IsExpectedToRun = false;
        try
        {
            return await exit.WaitAsync(within);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"it still runs after {within.TotalSeconds} s:\n{Tail()}", late);
        }
    }

    /// <summary>SIGTERM, and its exit code.</summary>
    public Task<int> StopAsync(TimeSpan? within = null)
    {
        Terminate();
        return WaitForExitAsync(within);
    }

    public Task WaitForOutputAsync(string text, TimeSpan? within = null) =>
        Eventually.TrueAsync(
            () => HasExited && !Output.Contains(text, StringComparison.Ordinal)
                ? throw new InvalidOperationException($"it ended with no \"{text}\":\n{Tail()}")
                : Task.FromResult(Output.Contains(text, StringComparison.Ordinal)),
            () => $"its output has no \"{text}\":\n{Tail()}",
            within);

    /// <summary>Where it serves HTTP, once it does.</summary>
    public async Task<string> HttpUrlAsync()
    {
        await WaitForOutputAsync("HTTP on ");
        return Output.Split("HTTP on ")[1].Split('\n')[0].Trim().TrimEnd('/');
    }

    /// <summary>What the process holds in memory now, in bytes.</summary>
    public long WorkingSet => Process.GetProcessById(pid).WorkingSet64;

    /// <summary>Files, sockets and whatever else it holds open.</summary>
    public int Handles => Process.GetProcessById(pid).HandleCount;

    public int Threads => Process.GetProcessById(pid).Threads.Count;

    public string Tail() => $"--- {(HasExited ? $"ended with exit code {exit.Result}" : "runs")}\n--- output\n{LastLines(Output)}\n--- errors\n{LastLines(Errors)}";

    public async ValueTask DisposeAsync()
    {
        End(SignalKill);
        await exit;
        shell.StandardInput.Close();
        shell.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private void End(int signal)
    {
        IsExpectedToRun = false;
        Signal(signal);
    }

    private void Signal(int signal)
    {
        if (!HasExited)
            _ = Kill(pid, signal);
    }

    private async Task<int> ReadExitCodeAsync()
    {
        string? line = await shell.StandardOutput.ReadLineAsync();
        return int.Parse(line ?? throw new InvalidOperationException("the shell beside the service is gone"));
    }

    private string Read(string name)
    {
        string path = Path.Combine(folder, name);
        return File.Exists(path) ? File.ReadAllText(path) : "";
    }

    private static string LastLines(string text) => string.Join('\n', text.Split('\n').TakeLast(40));

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
