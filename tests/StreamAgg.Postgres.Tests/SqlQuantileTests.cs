using Npgsql;
using NpgsqlTypes;
using StreamAgg.Core.Time;
using StreamAgg.Digests;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Queries;
using StreamAgg.Postgres.Schema;
using static StreamAgg.Postgres.Tests.Sample;

namespace StreamAgg.Postgres.Tests;

/// <summary>What streamagg.quantile says in SQL is what the service says of the same sketches.</summary>
public class SqlQuantileTests(TestServer server)
{
    private const double Tolerance = 1e-9;
    private const int Hours = 24;

    private const string OverHours =
        "SELECT streamagg.quantile(q, @from, @to, @platforms) FROM unnest(@asked) WITH ORDINALITY AS asked(q, place) ORDER BY place";

    private const string OverDays =
        """
        SELECT (SELECT streamagg.quantile(array_agg(streamagg.sketch(d)), q) FROM streamagg.day_sketch AS d)
        FROM unnest(@asked) WITH ORDINALITY AS asked(q, place) ORDER BY place
        """;

    private static readonly double[] Asked = [0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1];

    [Fact]
    public async Task Every_kind_of_sketch_alone_is_read_as_in_the_service()
    {
        await using TestDatabase database = await FilledAsync(seed: 1);
        var random = new Random(11);
        int compared = 0;
        for (int hour = 0; hour < Hours; hour++)
            foreach (string kind in SketchKinds.All)
                compared += await CompareAsync(database, random, [kind], Hour(hour).Start, Hour(hour).End);
        Assert.Equal(Hours * SketchKinds.All.Length * (Asked.Length + 2), compared);
    }

    [Fact]
    public async Task Any_range_and_any_platforms_are_read_as_in_the_service()
    {
        await using TestDatabase database = await FilledAsync(seed: 2);
        var random = new Random(22);
        int compared = await CompareAsync(database, random, null, null, null);
        foreach (string kind in SketchKinds.All)
            compared += await CompareAsync(database, random, [kind], null, null);
        for (int i = 0; i < 20; i++)
        {
            int first = random.Next(Hours), length = random.Next(1, Hours - first + 1);
            string[] platforms = [.. SketchKinds.All.Where(_ => random.Next(2) == 0), SketchKinds.All[i % SketchKinds.All.Length]];
            compared += await CompareAsync(database, random, platforms, Hour(first).Start, Hour(first + length).Start);
        }
        Assert.Equal((1 + SketchKinds.All.Length + 20) * (Asked.Length + 2), compared);
    }

    [Fact]
    public async Task Rows_of_days_are_read_by_the_same_function()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        var random = new Random(3);
        var digests = new List<TDigest>();
        foreach (string kind in SketchKinds.All)
        {
            DigestCentroids centroids = SketchKinds.Make(kind, random);
            await InsertAsync(database, "day_sketch", "bucket_date", FirstDay.ToDate(), kind, centroids);
            Assert.True(TDigest.TryFromCentroids(centroids, out TDigest digest));
            digests.Add(digest);
        }
        await InsertAsync(database, "day_sketch", "bucket_date", FirstDay.ToDate(), "no duration", null);
        TDigest merged = TDigest.Merge(digests.ToArray(), 100);
        double[] asked = [.. Asked, .. Enumerable.Range(0, 100).Select(_ => random.NextDouble())];
        double?[] answers = await AskAsync(database, OverDays, asked, null, null, null);
        Assert.All(asked.Zip(answers), pair => AssertSame(merged.Quantile(pair.First, 1000), pair.Second, $"q {pair.First}"));
    }

    [Fact]
    public async Task Whole_days_are_read_from_their_sketches_and_the_rest_from_hours_as_in_the_service()
    {
        await using TestDatabase database = await FilledAsync(seed: 5);
        var random = new Random(55);
        DateOnly next = FirstDay.ToDate().AddDays(1);
        foreach (string kind in SketchKinds.All)
        {
            await InsertAsync(database, "day_sketch", "bucket_date", next, kind, SketchKinds.Make(kind, random));
            await InsertAsync(database, "hour_sketch", "bucket_start", Timestamps.ToColumn(Hour(50)), kind, SketchKinds.Make(kind, random));
        }
        await database.ExecuteAsync($"DELETE FROM streamagg.dirty_day WHERE bucket_date = '{next:yyyy-MM-dd}'");
        foreach (var (from, to) in new (int?, int?)[] { (null, null), (20, 51), (23, 48), (24, 48), (null, 48), (24, null), (12, 51) })
        {
            Instant? first = from is { } f ? Hour(f).Start : null, end = to is { } t ? Hour(t).Start : null;
            Assert.Equal(Asked.Length + 2, await CompareAsync(database, random, null, first, end));
            Assert.Equal(Asked.Length + 2, await CompareAsync(database, random, ["many", "few"], first, end));
        }
    }

    [Fact]
    public async Task The_range_is_half_open_and_the_session_s_time_zone_changes_nothing()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        for (int hour = 0; hour < 4; hour++)
            await InsertAsync(database, "hour_sketch", "bucket_start", Timestamps.ToColumn(Hour(hour)), "x", Decode(Row(hour, "x", 1000 * (hour + 1)).Digests.Latency)!.ToCentroids());
        const string question = "SELECT streamagg.quantile(1, '2026-01-01 01:00Z', '2026-01-01 03:00Z'), streamagg.quantile(0, '2026-01-01 01:00Z', '2026-01-01 03:00Z')";
        Assert.Equal(["3|2"], await database.RowsAsync($"SET TIME ZONE 'Asia/Kolkata'; {question}"));
        Assert.Equal(["3|2"], await database.RowsAsync($"SET TIME ZONE 'UTC'; {question}"));
    }

    [Fact]
    public async Task Where_nothing_was_measured_there_is_no_quantile()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        await InsertAsync(database, "hour_sketch", "bucket_start", Timestamps.ToColumn(Hour(0)), "no duration", null);
        await InsertAsync(database, "hour_sketch", "bucket_start", Timestamps.ToColumn(Hour(1)), "x", Decode(Row(1, "x", 1000).Digests.Latency)!.ToCentroids());
        Assert.Equal(
            ["||||1"],
            await database.RowsAsync(
                """
                SELECT streamagg.quantile(0.5, '2026-01-01 00:00Z', '2026-01-01 01:00Z'), streamagg.quantile(0.5, NULL, NULL, '{nobody}'),
                  streamagg.quantile(0.5, NULL, NULL, NULL, 'another pipeline'), streamagg.quantile('{}', 0.5), streamagg.quantile(0.5, NULL, NULL)
                """));
    }

    [Theory]
    [InlineData("-0.01")]
    [InlineData("1.01")]
    [InlineData("99")]
    [InlineData("'NaN'")]
    public async Task A_quantile_outside_0_to_1_is_refused_and_says_so(string q)
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PostgresException refused = await Assert.ThrowsAsync<PostgresException>(() => database.RowsAsync($"SELECT streamagg.quantile({q}, NULL, NULL)"));
        Assert.Equal(
            (PostgresErrorCodes.InvalidParameterValue, $"a quantile is asked for by a number from 0 to 1, not {q.Trim('\'')}"),
            (refused.SqlState, refused.MessageText));
    }

    [Theory]
    [InlineData("'{1,2}', '{1,2}', '{1,2}', '{1}'")]
    [InlineData("'{1,2}', '{1,2}', '{1,2}', '{1,0}'")]
    [InlineData("'{2,1}', '{2,1}', '{2,1}', '{1,1}'")]
    [InlineData("'{1,2}', '{1,3}', '{1,2}', '{1,5}'")]
    [InlineData("'{1,2,4}', '{1,3,4}', '{1,2,4}', '{1,1,1}'")]
    [InlineData("'{1,2,4}', '{1,4,4}', '{1,2,4}', '{1,2,1}'")]
    [InlineData("'{1,2,4}', '{1,3,4}', '{1,3.5,4}', '{1,2,1}'")]
    [InlineData("'{1,NaN}', '{1,NaN}', '{1,NaN}', '{1,1}'")]
    [InlineData("'{1,2}', '{1,2}', '{1,NULL}', '{1,1}'")]
    public async Task A_sketch_that_contradicts_itself_is_refused(string arrays)
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PostgresException refused = await Assert.ThrowsAsync<PostgresException>(
            () => database.RowsAsync($"SELECT streamagg.quantile(ARRAY[ROW({arrays})::streamagg.sketch], 0.5)"));
        Assert.StartsWith("a sketch contradicts itself", refused.MessageText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hours_from_before_a_migration_are_read_as_in_the_service_after_it()
    {
        const string migration = "0003_quantile";
        await using var database = new TestDatabase(await server.CreateDatabaseAsync());
        await database.ExecuteAsync(
            "CREATE SCHEMA streamagg; CREATE TABLE streamagg.migration (name text, publish_schema text, applied_at timestamptz DEFAULT now(), PRIMARY KEY (name, publish_schema))");
        foreach (MigrationScript script in MigrationScript.All.TakeWhile(script => script.Name != migration))
        {
            await database.ExecuteAsync(script.Sql);
            await database.ExecuteAsync($"INSERT INTO streamagg.migration VALUES ('{script.Name}', '{(script.IsPerPublishSchema ? "public" : "")}')");
        }
        await InsertAsync(database, "hour_sketch", "bucket_start", Timestamps.ToColumn(Hour(0)), "x", SketchKinds.Make("bimodal", new Random(4)));
        Assert.Contains(migration, await new Migrator(database.Source, database.Options).MigrateAsync(isDryRun: false, None));
        Assert.Equal(Asked.Length + 2, await CompareAsync(database, new Random(44), ["x"], null, null));
    }

    private async Task<TestDatabase> FilledAsync(int seed)
    {
        TestDatabase database = await server.CreateMigratedAsync();
        var random = new Random(seed);
        for (int hour = 0; hour < Hours; hour++)
            foreach (string kind in SketchKinds.All)
                await InsertAsync(database, "hour_sketch", "bucket_start", Timestamps.ToColumn(Hour(hour)), kind, SketchKinds.Make(kind, random));
        return database;
    }

    private static async Task InsertAsync<T>(TestDatabase database, string table, string bucket, T time, string platform, DigestCentroids? centroids)
    {
        await using NpgsqlCommand insert = database.Source.CreateCommand(
            $"""
            INSERT INTO streamagg.{table} (pipeline, rollup, {bucket}, label, input_rev, success_count, error_count, error_4xx_count, error_5xx_count, timeout_count,
              cancelled_count, limited_count, rate_limited_count, overloaded_count, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_usd,
              ttft_count, ttft_sum_micros, duration_count, duration_sum_micros, duration_min_micros, duration_max_micros, compression, boundary_doubt, lows, highs, means, weights)
            VALUES ('default', 'platform', @time, @platform, 1, @count, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, @count, 0, @min, @max, @compression, @doubt, @lows, @highs, @means, @weights)
            """);
        insert.Parameters.With("time", time).With("platform", platform).With("count", centroids?.Weights.Sum() ?? 0)
            .WithOptional("min", (long?)centroids?.Lows[0], NpgsqlDbType.Bigint)
            .WithOptional("max", (long?)centroids?.Highs[^1], NpgsqlDbType.Bigint)
            .WithOptional("compression", centroids?.Compression, NpgsqlDbType.Integer)
            .WithOptional("doubt", centroids?.BoundaryDoubt, NpgsqlDbType.Double)
            .WithOptional("lows", centroids?.Lows, NpgsqlDbType.Array | NpgsqlDbType.Double)
            .WithOptional("highs", centroids?.Highs, NpgsqlDbType.Array | NpgsqlDbType.Double)
            .WithOptional("means", centroids?.Means, NpgsqlDbType.Array | NpgsqlDbType.Double)
            .WithOptional("weights", centroids?.Weights, NpgsqlDbType.Array | NpgsqlDbType.Bigint);
        await insert.ExecuteNonQueryAsync();
        // An hour's sketch is never written without its day's mark.
        if (table == "hour_sketch")
            await database.ExecuteAsync("INSERT INTO streamagg.dirty_day SELECT DISTINCT pipeline, rollup, (bucket_start AT TIME ZONE 'UTC')::date, label, 1 FROM streamagg.hour_sketch ON CONFLICT DO NOTHING");
    }

    /// <summary>Asks for the fixed quantiles and two random ones; returns how many.</summary>
    private static async Task<int> CompareAsync(TestDatabase database, Random random, string[]? platforms, Instant? from, Instant? to)
    {
        var queries = new AggregateQueries(database.Source, "default", "public");
        double[] asked = [.. Asked, random.NextDouble(), 1 - (0.05 * random.NextDouble())];
        double?[] answers = await AskAsync(database, OverHours, asked, platforms, from, to);
        foreach (var (q, answer) in asked.Zip(answers))
        {
            QuantileAnswer expected = await queries.QuantileAsync(q, platforms, from, to, None);
            AssertSame(expected.ValueMs, answer, $"q {q} of {string.Join(',', platforms ?? ["all"])} from {from} to {to}");
        }
        return asked.Length;
    }

    private static async Task<double?[]> AskAsync(TestDatabase database, string question, double[] asked, string[]? platforms, Instant? from, Instant? to)
    {
        await using NpgsqlCommand command = database.Source.CreateCommand(question);
        command.Parameters.With("asked", asked);
        if (question == OverHours)
            command.Parameters.WithOptional("platforms", platforms, NpgsqlDbType.Array | NpgsqlDbType.Text)
                .WithOptional("from", from is { } first ? Timestamps.ToColumn(first) : (DateTime?)null, NpgsqlDbType.TimestampTz)
                .WithOptional("to", to is { } last ? Timestamps.ToColumn(last) : (DateTime?)null, NpgsqlDbType.TimestampTz);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        var answers = new List<double?>();
        while (await reader.ReadAsync())
            answers.Add(reader.IsDBNull(0) ? null : reader.GetDouble(0));
        return [.. answers];
    }

    private static void AssertSame(double? expected, double? answer, string question)
    {
        Assert.NotNull(expected);
        Assert.True(
            answer is { } value && Math.Abs(value - expected.Value) <= Tolerance * Math.Abs(expected.Value),
            $"{question}: {answer:R} in SQL, {expected:R} in the service");
    }
}
