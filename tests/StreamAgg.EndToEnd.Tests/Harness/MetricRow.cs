namespace StreamAgg.EndToEnd.Tests.Harness;

/// <summary>A row of either published table as it stands there. The bucket is the hour's start, or the day, in UTC.</summary>
internal sealed record MetricRow(
    DateTime Bucket,
    string Platform,
    long RequestCount,
    long SuccessCount,
    long ErrorCount,
    long Error4xxCount,
    long Error5xxCount,
    long TimeoutCount,
    double? AverageMilliseconds,
    double? P99Milliseconds,
    double ErrorRate,
    DateTime ComputedAt)
{
    public (DateTime Bucket, string Platform) Key => (Bucket, Platform);
}
