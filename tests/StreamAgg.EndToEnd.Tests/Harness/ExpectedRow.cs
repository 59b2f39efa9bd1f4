using System.Globalization;

namespace StreamAgg.EndToEnd.Tests.Harness;

/// <summary>What a row must say: the plainest count of the events that belong to it.</summary>
internal sealed class ExpectedRow(IReadOnlyCollection<GatewayEvent> events)
{
    /// <summary>The digest's default: up to so many different durations its p99 is the exact one.</summary>
    private const int Compression = 100;

    private static readonly string[] TypeWords = ["timeout", "timed_out", "timedout"];

    private readonly long[] micros = [.. events.Where(e => !e.IsError && e.DurationMicros is not null).Select(e => e.DurationMicros!.Value).Order()];

    public IEnumerable<string> Differences(MetricRow row)
    {
        long errors = events.Count(e => e.IsError);
        return new[]
        {
            Equal("request_count", events.Count, row.RequestCount),
            Equal("success_count", events.Count - errors, row.SuccessCount),
            Equal("error_count", errors, row.ErrorCount),
            Equal("error_4xx_count", events.Count(e => e.IsError && e.StatusCode is >= 400 and < 500), row.Error4xxCount),
            Equal("error_5xx_count", events.Count(e => e.IsError && e.StatusCode >= 500), row.Error5xxCount),
            Equal("timeout_count", events.Count(IsTimeout), row.TimeoutCount),
            row.AverageMilliseconds == Average() ? null : $"avg_latency_ms is {row.AverageMilliseconds}, not {Average()}",
            row.ErrorRate == (events.Count == 0 ? 0 : 100.0 * errors / events.Count) ? null : $"error_rate is {row.ErrorRate}",
            P99Difference(row.P99Milliseconds),
        }.OfType<string>();
    }

    private static string? Equal(string column, long expected, long actual) => expected == actual ? null : $"{column} is {actual}, not {expected}";

    private static bool IsTimeout(GatewayEvent e) =>
        e.IsError && (e.IsTimeout ?? (e.StatusCode is 408 or 504 || Says(e.ErrorType, TypeWords) || Says(e.ErrorMessage, [.. TypeWords, "timed out", "deadline exceeded"])));

    private static bool Says(string? text, string[] words) => Array.Exists(words, word => text?.Contains(word, StringComparison.OrdinalIgnoreCase) == true);

    /// <summary>28 digits, then the nearest double: parsing rounds correctly, a cast need not.</summary>
    private double? Average() =>
        micros.Length == 0 ? null : double.Parse((micros.Sum() / (micros.Length * 1000m)).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private string? P99Difference(double? actual)
    {
        if (micros.Length == 0 || actual is null)
            return micros.Length == 0 && actual is null ? null : $"p99_latency_ms is {actual}";
        double rank = 0.99 * (micros.Length - 1);
        double slack = micros.Distinct().Count() <= Compression ? 0 : Math.Max(80e-6 * micros.Length, 1 + 0.1 * Math.Sqrt(micros.Length));
        double least = slack == 0 ? At(rank) : micros[(int)Math.Max(0, Math.Floor(rank - slack))];
        double most = slack == 0 ? At(rank) : micros[(int)Math.Min(micros.Length - 1, Math.Ceiling(rank + slack))];
        // Interpolation in milliseconds and in microseconds may differ in the last digit.
        return actual * 1000 >= least * (1 - 1e-12) && actual * 1000 <= most * (1 + 1e-12)
            ? null
            : $"p99_latency_ms is {actual}, not {least / 1000} to {most / 1000}";
    }

    private double At(double rank)
    {
        int below = (int)rank;
        int above = Math.Min(below + 1, micros.Length - 1);
        return micros[below] + (rank - below) * (micros[above] - micros[below]);
    }
}
