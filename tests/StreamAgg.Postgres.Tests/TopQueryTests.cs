using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Rollups;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Queries;
using StreamAgg.Postgres.Schema;
using StreamAgg.Postgres.Store;
using static StreamAgg.Postgres.Tests.Sample;

namespace StreamAgg.Postgres.Tests;

/// <summary>The keys of a rollup that come first, of what is published.</summary>
public sealed class TopQueryTests(TestServer server)
{
    private const string Hostile = "m\u001f\u001e1'\"";

    private static readonly Rollup Both = new("both", ["platform", "model"], 10);

    private static readonly Dictionary<string, IReadOnlyCollection<string>> Any = [];

    [Fact]
    public async Task Keys_are_summed_over_the_range_ranked_and_filtered_with_the_quantiles_of_their_digests()
    {
        await using TestDatabase database = await FilledAsync();
        var queries = new AggregateQueries(database.Source, "default", "public");
        foreach (bool hasDays in (bool[])[false, true])
        {
            TopAnswer answer = await queries.TopAsync(Question(Any, TopOrder.Requests, hasDays, 2), None);
            Assert.Equal((3, 26 + 8 + 25), (answer.Keys, answer.Requests));
            Assert.Equal([["a", "m1"], ["b", ""]], answer.Rows.Select(row => row.Values));
            // An event of 1 ms in each of twenty-five hours, and one of 100.
            Assert.Equal((26, 0, 0m), (answer.Rows[0].Requests, answer.Rows[0].Errors, answer.Rows[0].CostUsd));
            Assert.Equal([1, 100], answer.Rows[0].QuantilesMs);
            Assert.Equal(hasDays ? 76.24 : 99.01, answer.Rows[0].WorstP99Ms!.Value, 1e-9);

            answer = await queries.TopAsync(Question(Any, TopOrder.Cost, hasDays, 1), None);
            Assert.Equal(["a", Hostile], Assert.Single(answer.Rows).Values);
            Assert.Equal((8, 8, 100d, 8 * 1.5m, 8 * 300L), (answer.Rows[0].Requests, answer.Rows[0].Errors, answer.Rows[0].ErrorRate, answer.Rows[0].CostUsd, answer.Rows[0].Tokens));
            Assert.Equal((null, 0), (answer.Rows[0].WorstP99Ms, answer.Rows[0].QuantilesMs.Count));

            answer = await queries.TopAsync(Question(new() { ["platform"] = ["a"], ["model"] = [Hostile, "m1"] }, TopOrder.P99, hasDays, 20), None);
            Assert.Equal([["a", "m1"], ["a", Hostile]], answer.Rows.Select(row => row.Values));
        }
    }

    [Fact]
    public async Task Nothing_is_published_of_a_range_that_holds_nothing()
    {
        await using TestDatabase database = await FilledAsync();
        var queries = new AggregateQueries(database.Source, "default", "public");
        TopAnswer answer = await queries.TopAsync(Question(new() { ["model"] = ["other"] }, TopOrder.Requests, hasDays: true, 20), None);
        Assert.Equal((0, 0, 0), (answer.Keys, answer.Requests, answer.Rows.Count));
    }

    private static TopQuestion Question(Dictionary<string, IReadOnlyCollection<string>> where, TopOrder order, bool hasDays, int limit) =>
        new(Both, where, Hour(0).Start, Hour(40).Start, hasDays, order, limit, [0.5, 1]);

    /// <summary>A day and an hour of one key, eight hours of one that fails, a day and an hour of one without a model.</summary>
    private async Task<TestDatabase> FilledAsync()
    {
        TestDatabase database = await server.CreateMigratedAsync();
        var options = database.Options with { Rollups = [Rollup.ByPlatform(int.MaxValue), Both] };
        await new Migrator(database.Source, options).MigrateAsync(isDryRun: false, None);
        await database.ExecuteAsync("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO streamagg_service");
        var store = new PostgresStore(database.Source, "default", "public", options.Rollups);
        var rows = new List<PartialRow>();
        for (int hour = 0; hour < 25; hour++)
        {
            long[] durations = hour == 7 ? [1_000, 100_000] : [1_000];
            rows.Add(Of(hour, ["a", "m1"], Row(hour, "", durations)));
            rows.Add(Of(hour, ["b", ""], Row(hour, "", 2_000)));
            if (hour < 8)
                rows.Add(Of(hour, ["a", Hostile], Failed(hour)));
        }
        await store.CommitAsync(Checkpoint(Usage0, await store.FenceAsync(Usage0), 1, [.. rows]) with { Watermark = Hour(48).Start });
        await store.PublishAsync(Usage0);
        Assert.Equal(3L, await database.ScalarAsync<long>("SELECT count(*) FROM ops_metrics_both_daily WHERE bucket_date = '2026-01-01'"));
        return database;
    }

    private static PartialRow Of(int hour, string[] values, PartialRow row) => new(Hour(hour), Rollup.Join(values), row.Totals, row.Digests, Both.Name);

    private static PartialRow Failed(int hour)
    {
        var totals = new BucketTotals { ErrorCount = 1 };
        totals.Counts[Measures.CostUsd] = 1_500_000;
        totals.Counts[Measures.InputTokens] = 100;
        totals.Counts[Measures.OutputTokens] = 200;
        return new PartialRow(Hour(hour), "", totals, default);
    }
}
