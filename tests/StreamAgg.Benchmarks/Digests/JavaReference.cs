using System.Diagnostics;
using System.Globalization;

namespace StreamAgg.Benchmarks.Digests;

/// <summary>The reference Java t-digest on the same machine, where TDIGEST_REFERENCE_JAR names its jar and TDigestReference.java lies beside it.</summary>
internal static class JavaReference
{
    public static double? AddNanoseconds()
    {
        if (Environment.GetEnvironmentVariable("TDIGEST_REFERENCE_JAR") is not { Length: > 0 } jar)
            return null;
        var start = new ProcessStartInfo("java", ["-cp", jar, Path.Combine(Path.GetDirectoryName(jar) ?? ".", "TDigestReference.java")])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using Process java = Process.Start(start) ?? throw new InvalidOperationException("java did not start");
        string[] words = java.StandardOutput.ReadToEnd().Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        java.WaitForExit();
        return words is ["figure", "add_ns", var number, ..] ? double.Parse(number, CultureInfo.InvariantCulture) : null;
    }
}
