using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using StreamAgg.Digests;
using StreamAgg.EndToEnd.Tests.Harness;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.EndToEnd.Tests;

/// <summary>Two hundred readers of a year, and Kafka away for half of the time: writing does not notice.</summary>
[Collection(Storm.Name)]
public sealed class ReadingTests
{
    private const int Readers = 200;
    private const int Platforms = 5;

    /// <summary>A longer proof by hand: STREAMAGG_READING_SECONDS=60.</summary>
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(
        double.Parse(Environment.GetEnvironmentVariable("STREAMAGG_READING_SECONDS") ?? "12", System.Globalization.CultureInfo.InvariantCulture));

    private static readonly DateTime Year = new(2024, 12, 31, 0, 0, 0, DateTimeKind.Utc);

    [Fact]
    public async Task Reading_cannot_starve_writing()
    {
        await Brokers.NeedAsync(KafkaFeature.NodeFaults);
        await using var cluster = await KafkaCluster.StartAsync();
        await using var deployment = await Deployment.CreateAsync(brokers: Brokers.Of(cluster), settings: ("Pipeline:CheckpointInterval", "00:00:01"));
        var traffic = SteadyTraffic.AcrossMidnight(31);
        var process = deployment.Run();
        string url = await process.HttpUrlAsync();
        deployment.Events.Send(traffic.Next(300));
        await deployment.AssertExactAsync();
        await SeedYearAsync(deployment);

        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = Readers }) { Timeout = TimeSpan.FromSeconds(30) };
        using var end = new CancellationTokenSource();
        var answers = new ConcurrentDictionary<string, int>();
        string quantile = $"{url}/api/v1/quantile?q=0.99&from={Year:yyyy-MM-dd}T05:00:00Z&to={Year.AddDays(366):yyyy-MM-dd}T00:00:00Z";
        // What has answered nothing yet is compiled first: a matter of the start, not of the storm.
        foreach (string path in (string[])["/", "/healthz/live", "/api/v1/quantile?q=0.99"])
            (await http.GetAsync(url + path, TestContext.Current.CancellationToken)).Dispose();
        var readers = Enumerable.Range(0, Readers).Select(i => ReadAsync(http, i % 2 == 0 ? quantile : url + "/", answers, end.Token)).ToList();
        using var probe = new LivenessProbe(url);
        var memory = WatchMemoryAsync(process, end.Token);

        // The first half with Kafka: events are counted while they come.
        long checkpoints = await CheckpointsAsync(deployment);
        var half = Stopwatch.StartNew();
        while (half.Elapsed < Length / 2)
        {
            deployment.Events.Send(traffic.Next(40));
            await Task.Delay(200, TestContext.Current.CancellationToken);
        }

        checkpoints = await CheckpointsAsync(deployment) - checkpoints;
        cluster.Freeze();
        // As long again; and where others keep the processors, until a year was answered in the midst of it.
        await deployment.WaitAsync(
            () => Task.FromResult(half.Elapsed >= Length && answers.ContainsKey("/api/v1/quantile OK")), () => $"a year's quantile among {string.Join(", ", answers.Keys)}");
        await end.CancelAsync();
        await Task.WhenAll(readers);
        cluster.Thaw();
        probe.End();
        var sizes = await memory;
        deployment.Events.Send(traffic.Next(100));
        await deployment.AssertExactAsync();

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{string.Join(", ", answers.OrderBy(a => a.Key).Select(a => $"{a.Value} x {a.Key}"))}; {checkpoints} checkpoints in {Length.TotalSeconds / 2} s; "
            + $"live: {probe.Live}; a bare listener: {probe.Bare}; "
            + $"memory {sizes[0] >> 20} MiB at first, {sizes[sizes.Count / 2] >> 20} in the middle, {sizes.Max() >> 20} at most, {sizes[^1] >> 20} at last");
        Assert.True(answers.Keys.All(answer => answer is "/ OK" or "/ ServiceUnavailable" or "/api/v1/quantile OK" or "/api/v1/quantile ServiceUnavailable"), string.Join(", ", answers.Keys));
        Assert.Contains("/ OK", answers.Keys);
        // Four partitions, a checkpoint a second: half of that on a machine where others test, too.
        Assert.True(checkpoints >= 4 * Length.TotalSeconds / 2 / 2, $"only {checkpoints} checkpoints");
        // An answer takes several threads one after the other, the bare listener's one: where even that one waits for a processor, so does each of them.
        Assert.True(probe.Live.Late < 100 + (5 * probe.Bare.Late), $"/healthz/live: {probe.Live}; a bare listener: {probe.Bare}");
        Assert.True(sizes.Max() < 512L << 20, $"{sizes.Max() >> 20} MiB");
        Assert.Equal(0, await process.StopAsync());
    }

    /// <summary>The digest of three thousand durations for each hour and platform, and that of twenty-four such hours for each day.</summary>
    private static async Task SeedYearAsync(Deployment deployment)
    {
        var random = new Random(3);
        for (int platform = 0; platform < Platforms; platform++)
        {
            var hour = new TDigest();
            for (int i = 0; i < 3000; i++)
                hour.Add(Math.Round(1e6 * Math.Exp(random.NextDouble() + random.NextDouble() + random.NextDouble())));
            await SeedAsync(deployment, "hour_sketch (bucket_start,", "$1 + n * interval '1 hour'", 366 * 24, platform, hour);
            await SeedAsync(deployment, "day_sketch (bucket_date,", "$1::date + n", 366, platform, TDigest.Merge([.. Enumerable.Repeat(hour, 24)], 100));
        }
    }

    private static async Task SeedAsync(Deployment deployment, string table, string time, int rows, int platform, TDigest digest)
    {
        var centroids = digest.ToCentroids();
        await using var insert = deployment.Database.CreateCommand(
            $"""
            INSERT INTO streamagg.{table} pipeline, rollup, label, input_rev, success_count, error_count, error_4xx_count, error_5xx_count, timeout_count,
              cancelled_count, limited_count, rate_limited_count, overloaded_count, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_usd,
              ttft_count, ttft_sum_micros, duration_count, duration_sum_micros, duration_min_micros, duration_max_micros,
              compression, lows, highs, means, weights, boundary_doubt)
            SELECT {time}, 'test', 'platform', $2, 1, $3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, $3, 0, $4, $5, $6, $7, $8, $9, $10, $11
            FROM generate_series(0, {rows - 1}) n
            """);
        foreach (object value in (object[])
            [Year, $"p{platform}", digest.Count, (long)digest.Min, (long)digest.Max, centroids.Compression, centroids.Lows, centroids.Highs, centroids.Means,
                centroids.Weights, centroids.BoundaryDoubt])
            insert.Parameters.AddWithValue(value);
        await insert.ExecuteNonQueryAsync();
    }

    private static async Task ReadAsync(HttpClient http, string url, ConcurrentDictionary<string, int> answers, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            try
            {
                using var answer = await http.GetAsync(url, end);
                answers.AddOrUpdate($"{new Uri(url).AbsolutePath} {answer.StatusCode}", 1, (_, n) => n + 1);
                // Whoever is turned away comes again sooner than told, as people do, and a page is looked at before it is asked for again.
                await Task.Delay(answer.StatusCode == HttpStatusCode.OK ? 100 : 500, end);
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                // The time is over; so is, for the service, what this reader asked for.
            }
        }
    }

    private static async Task<List<long>> WatchMemoryAsync(ServiceProcess process, CancellationToken end)
    {
        var sizes = new List<long> { process.WorkingSet };
        while (!end.IsCancellationRequested)
        {
            await Task.Delay(500, CancellationToken.None);
            sizes.Add(process.WorkingSet);
        }

        return sizes;
    }

    private static async Task<long> CheckpointsAsync(Deployment deployment) => (await deployment.State.PartitionsAsync()).Values.Sum(row => row.Checkpoint);
}
