using System.Diagnostics;
using Npgsql;
using StreamAgg.Benchmarks.Reporting;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Digests;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Queries;
using StreamAgg.Postgres.Store;

namespace StreamAgg.Benchmarks.Query;

/// <summary>What `quantile` and the page ask of a year of ten platforms, through the code that they ask it by.</summary>
internal static class QuantileBenchmark
{
    private const int Platforms = 10, Durations = 3000, Readings = 7;

    private static readonly SourcePartition Source = new("bench", 0);

    private static readonly Instant Start = Instant.FromUtc(new DateTime(2026, 1, 5, 0, 0, 0, DateTimeKind.Utc));

    /// <summary>Each range with the longest that its answer may take, in milliseconds.</summary>
    private static readonly (string What, double Days, double Limit)[] Ranges = [("30 days", 30, 50), ("30 days that begin and end at noon", 30.5, 50), ("a year", 365, 500)];

    /// <param name="database">Migrated, and empty.</param>
    public static async Task RunAsync(Report report, NpgsqlDataSource database)
    {
        await FillAsync(database, new PostgresStore(database, "default", "public"));
        var queries = new AggregateQueries(database, "default", "public");
        report.Section($"p99 of {Platforms} platforms, whose every hour has {Durations:#,0} durations");
        foreach (var (what, days, limit) in Ranges)
        {
            var from = days % 1 == 0 ? Start : Start + TimeSpan.FromHours(12);
            var times = new List<double>();
            // The first ones compile.
            for (int i = -Readings; i < Readings; i++)
            {
                long started = Stopwatch.GetTimestamp();
                var answer = await queries.QuantileAsync(0.99, null, from, from + TimeSpan.FromDays(days), CancellationToken.None);
                if (i >= 0)
                    times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                if (answer.Count != (long)(days * 24) * Platforms * Durations)
                    throw new InvalidOperationException($"{answer.Count} durations were found");
            }

            report.Add(what, times, "ms", Goal.AtMost(limit));
        }
    }

    /// <summary>One day through the store, and a year of copies of it.</summary>
    private static async Task FillAsync(NpgsqlDataSource database, PostgresStore store)
    {
        var random = new Random(5);
        var rows = new List<PartialRow>();
        for (int hour = 0; hour < 24; hour++)
        {
            for (int platform = 0; platform < Platforms; platform++)
                rows.Add(Row(new Hour(Start.Hour.SinceEpoch + hour), $"platform {platform}", random));
        }

        Fence fence = (await store.ClaimAsync(Source, "bench", CancellationToken.None)).Fence;
        await store.CheckpointAsync(
            [new PartitionCheckpoint { Source = Source, Fence = fence, NextOffset = 1, Changed = rows, Watermark = Start + TimeSpan.FromDays(2) }], CancellationToken.None);
        var hours = await store.ReadDirtyHoursAsync([Source], 1000, CancellationToken.None);
        await store.PublishHoursAsync([.. hours.Buckets.Select(Merge)], CancellationToken.None);
        var days = await store.ReadDirtyDaysAsync([Source], 1000, CancellationToken.None);
        await store.PublishDaysAsync([.. days.Buckets.Select(Merge)], CancellationToken.None);
        foreach (var (table, key, step) in new[] { ("hour_sketch", "bucket_start", "interval '1 day'"), ("day_sketch", "bucket_date", "1") })
        {
            await using var copy = database.CreateCommand(
                $"""
                INSERT INTO streamagg.{table} SELECT (jsonb_populate_record(t, jsonb_build_object('{key}', t.{key} + n * {step}))).*
                FROM streamagg.{table} t, generate_series(1, 366) n
                """);
            copy.CommandTimeout = 600;
            await copy.ExecuteNonQueryAsync();
        }

        await using var analyze = database.CreateCommand("VACUUM ANALYZE streamagg.hour_sketch, streamagg.day_sketch");
        await analyze.ExecuteNonQueryAsync();
    }

    private static PartialRow Row(Hour hour, string platform, Random random)
    {
        var totals = new BucketTotals { SuccessCount = Durations };
        var digest = new TDigest();
        for (int i = 0; i < Durations; i++)
        {
            long micros = (long)(1e6 * Math.Exp(random.NextDouble() * 3));
            totals.AddDuration(micros);
            digest.Add(micros);
        }

        return new PartialRow(hour, platform, totals, digest.ToBytes());
    }

    private static Publication<TBucket> Merge<TBucket>(DirtyBucket<TBucket> bucket)
        where TBucket : IComparable<TBucket> => StreamAgg.Pipeline.Publishing.RowMerge.Of(bucket, 100);
}
