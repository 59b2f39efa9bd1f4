using StreamAgg.Benchmarks.Reporting;

namespace StreamAgg.Benchmarks.Digests;

/// <summary>`bench digest`: what the t-digest costs and how far off it is, beside its goals and beside simpler ways.</summary>
internal static class DigestBenchmark
{
    public static Task RunAsync(Report report)
    {
        report.Setting("t-digest, compression 100");
        DigestSpeed.Print(report);
        DigestAccuracy.Print(report);
        DigestBounds.Print(report);
        return Task.CompletedTask;
    }
}
