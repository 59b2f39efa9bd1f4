namespace StreamAgg.Benchmarks.Digests;

/// <summary>`bench digest`: what the t-digest costs and how far off it is, beside its goals and beside simpler ways.</summary>
internal static class DigestBenchmark
{
    public static bool Run()
    {
        Console.WriteLine($"t-digest, compression 100, .NET {Environment.Version}, {Environment.ProcessorCount} processors");
        var report = new Report();
        DigestSpeed.Print(report);
        DigestAccuracy.Print(report);
        DigestBounds.Print(report);
        return report.AllMet;
    }
}
