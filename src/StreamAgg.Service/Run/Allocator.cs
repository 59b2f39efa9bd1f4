using System.Runtime.InteropServices;

namespace StreamAgg.Service.Run;

/// <summary>Another memory allocator in place of the C library's, where one lies beside the program.</summary>
/// <remarks>
/// Kafka's client allocates a record on one thread and frees it on another, for which glibc's threads wait for each other (docs/performance.md). An
/// allocator is taken from the environment that a process starts with, so this one starts over, under the same number. Nothing needs it.
/// </remarks>
internal static partial class Allocator
{
    private const string Variable = "LD_PRELOAD";

    /// <summary>As mimalloc and jemalloc call themselves.</summary>
    private static readonly string[] Names = ["libmimalloc.so", "libmimalloc.so.2", "libmimalloc.so.3", "libjemalloc.so.2"];

    /// <summary>The file's path; null where the C library's own is used.</summary>
    public static string? InUse =>
        Environment.GetEnvironmentVariable(Variable)?.Split(' ', ':').FirstOrDefault(path => Names.Contains(Path.GetFileName(path)));

    /// <summary>Does not return where the process starts over.</summary>
    public static void Adopt(IReadOnlyList<string> args)
    {
        if (args is not ["run", ..] || !OperatingSystem.IsLinux() || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable)))
            return;
        if (Names.Select(name => Path.Combine(AppContext.BaseDirectory, name)).FirstOrDefault(File.Exists) is not { } library)
            return;
        // Whatever this process was called with, the host's own path first: each argument ends with a zero.
        string?[] command = [.. File.ReadAllText("/proc/self/cmdline").Split('\0')[..^1], null];
        if (SetVariable(Variable, library, 1) == 0)
            Execute("/proc/self/exe", command);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrites);

    [LibraryImport("libc", EntryPoint = "execv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(string path, string?[] command);
}
