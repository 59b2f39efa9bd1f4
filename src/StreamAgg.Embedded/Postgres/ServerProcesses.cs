using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;

namespace StreamAgg.Embedded.Postgres;

/// <summary>Signals to a server and all its children (Linux: they are found in /proc).</summary>
internal static partial class ServerProcesses
{
    private const int SigKill = 9, SigContinue = 18, SigStop = 19;
    private const int NoSuchProcess = 3;

    /// <summary>Stands still, sockets open: what a hung machine looks like. The server first, so that it starts no child meanwhile.</summary>
    public static void Stop(int server) => SignalAll(server, SigStop);

    public static void Continue(int server) => SignalAll(server, SigContinue);

    /// <summary>Ends all at once with no chance to tell anybody: what a power cut looks like.</summary>
    public static void Kill(int server)
    {
        SignalAll(server, SigStop);
        SignalAll(server, SigKill);
    }

    public static bool IsAlive(int process) => kill(process, 0) == 0;

    private static void SignalAll(int server, int signal)
    {
        int[] children = Children(server);
        Signal(server, signal);
        foreach (int child in children.Union(Children(server)))
            Signal(child, signal);
    }

    private static void Signal(int process, int signal)
    {
        if (kill(process, signal) != 0 && Marshal.GetLastPInvokeError() is var error and not NoSuchProcess)
            throw new Win32Exception(error);
    }

    private static int[] Children(int parent)
    {
        var children = new List<int>();
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int process))
                continue;
            try
            {
                // "pid (name) state ppid …": the name may hold anything, so what counts stands behind the last parenthesis.
                string stat = File.ReadAllText(Path.Combine(folder, "stat"));
                if (stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1] == parent.ToString(CultureInfo.InvariantCulture))
                    children.Add(process);
            }
            catch (IOException)
            {
                // It ended between the two reads.
            }
        }
        return [.. children];
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int process, int signal);
}
