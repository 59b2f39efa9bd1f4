using System.Diagnostics;
using System.Runtime.InteropServices;

namespace StreamAgg.Testing.Kafka;

/// <summary>A process that ends when this one does, however this one ends: a shell between the two waits for its input to close.</summary>
internal sealed partial class ChildProcess : IDisposable
{
    private const int SignalKill = 9;
    private const int SignalTerminate = 15;
    private const int SignalContinue = 18;
    private const int SignalStop = 19;

    private readonly Process shell;
    private readonly int pid;

    private ChildProcess(Process shell, int pid)
    {
        this.shell = shell;
        this.pid = pid;
    }

    public bool IsAlive => Kill(pid, 0) == 0;

    public static ChildProcess Start(string output, string program, IEnumerable<string> arguments)
    {
        const string Script = """out=$1; shift; "$@" >"$out" 2>&1 </dev/null & p=$!; echo $p; cat >/dev/null; kill -9 $p 2>/dev/null""";
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (string argument in (string[])["-c", Script, "sh", output, program, .. arguments])
            start.ArgumentList.Add(argument);

        Process started = Process.Start(start) ?? throw new InvalidOperationException("/bin/sh did not start");
        return new ChildProcess(started, int.Parse(started.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{program} did not start")));
    }

    public void Terminate() => _ = Kill(pid, SignalTerminate);

    public void Freeze() => _ = Kill(pid, SignalStop);

    public void Thaw() => _ = Kill(pid, SignalContinue);

    /// <summary>SIGKILL, and waits until it is gone.</summary>
    public void Dispose()
    {
        _ = Kill(pid, SignalKill);
        shell.StandardInput.Close();
        shell.WaitForExit(TimeSpan.FromSeconds(10));
        shell.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
