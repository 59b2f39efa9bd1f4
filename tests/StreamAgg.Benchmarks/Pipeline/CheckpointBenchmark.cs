using System.Diagnostics;
using Npgsql;
using StreamAgg.Benchmarks.Reporting;
using StreamAgg.Embedded.Postgres;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Store;

namespace StreamAgg.Benchmarks.Pipeline;

/// <summary>What a checkpoint takes, by the number of partials that changed, beside the least that any database takes for as many bytes.</summary>
internal static class CheckpointBenchmark
{
    private const int WarmUp = 5, Rounds = 41, Partitions = 24;

    /// <summary>The default of <c>Pipeline:CheckpointInterval</c>.</summary>
    private const double IntervalMilliseconds = 5000;

    private static readonly Size
        FullLoad = new("240 partials: 24 partitions of 5 platforms in 2 hours", 240, Partitions),
        Thousand = new("1,000 partials of 24 partitions, 42 marks", 1000, Partitions),
        ThousandMarks = new("1,000 partials of 1 partition, 1,000 marks", 1000, 1),
        FourThousand = new("4,000 partials of 24 partitions, 167 marks", 4000, Partitions);

    private static readonly Size[] Sizes =
        [new("1 partial", 1, 1), new("24 partials, 1 mark", 24, Partitions), FullLoad, Thousand, ThousandMarks, FourThousand];

    public static async Task RunAsync(Report report)
    {
        await using var postgres = await EmbeddedPostgres.CreateAsync(new EmbeddedPostgresOptions { IsDurable = true });
        await using var database = await PipelineBenchmark.MigratedAsync(postgres.ConnectionString(), "checkpoints");
        report.Setting($"{await PipelineBenchmark.VersionAsync(database)}, fsync on; 200 durations in each partial, all of them updates");
        var store = new PostgresStore(database, "checkpoints", "public");
        var tables = new Dictionary<Size, Table>();
        foreach (Size size in Sizes)
            tables.Add(size, await Table.CreateAsync(store, size));
        await using var plain = await PlainUpsert.CreateAsync(database);

        report.Section("Elapsed, from the first statement to the answer to COMMIT");
        var elapsed = Sizes.ToDictionary(size => size, _ => new List<double>());
        var cpu = Sizes.ToDictionary(size => size, _ => new List<double>());
        List<double> upserts = [], commits = [];
        for (int round = 0; round < WarmUp + Rounds; round++)
        {
            if (round == WarmUp)
            {
                foreach (var times in elapsed.Values.Concat(cpu.Values).Append(upserts).Append(commits))
                    times.Clear();
            }

            foreach (Size size in Sizes)
            {
                var cost = await tables[size].CheckpointAsync(round);
                elapsed[size].Add(cost.Elapsed);
                cpu[size].Add(cost.Cpu / IntervalMilliseconds * 100);
            }

            var rows = Backlog.Partials(Thousand.Partials, round);
            GC.Collect();
            upserts.Add(await plain.WriteAsync(rows));
            commits.Add(await plain.WriteAsync(rows[..1]));
        }

        report.Ratio($"{Thousand.Name} / a plain upsert of 1,000", elapsed[Thousand], upserts);
        report.Ratio($"{ThousandMarks.Name} / a plain upsert of 1,000", elapsed[ThousandMarks], upserts);
        report.Ratio($"{FourThousand.Name} / 1,000 of them", elapsed[FourThousand], elapsed[Thousand], Goal.AtMost(4));
        foreach (Size size in Sizes)
            report.Add(size.Name, elapsed[size], "ms", size.Partials == 1000 ? Goal.AtMost(30) : null);
        report.Add("a plain upsert of 1,000: a key and a digest each, one statement", upserts, "ms");
        report.Add("a plain upsert of one", commits, "ms");

        report.Section($"CPU of this process for a checkpoint each {IntervalMilliseconds / 1000} s, of one core, its digests' encoding included");
        foreach (Size size in Sizes)
            report.Add(size.Name, cpu[size], "%", size == FullLoad ? Goal.AtMost(2) : null);
    }

    /// <summary>So many partials change in these partitions; a platform is in each of them.</summary>
    private sealed record Size(string Name, int Partials, int Partitions);

    /// <summary>Partitions that are claimed, and so many partials in them.</summary>
    private sealed class Table(PostgresStore store, PartitionCheckpoint[] checkpoints, Size size)
    {
        public static async Task<Table> CreateAsync(PostgresStore store, Size size)
        {
            string topic = $"bench{size.Partials}.{size.Partitions}";
            await store.IntroduceTopicAsync(topic, "id", new long[size.Partitions], CancellationToken.None);
            var checkpoints = new PartitionCheckpoint[size.Partitions];
            for (int i = 0; i < checkpoints.Length; i++)
            {
                var source = new SourcePartition(topic, i);
                var claim = await store.ClaimAsync(source, "bench", CancellationToken.None);
                checkpoints[i] = new PartitionCheckpoint { Source = source, Fence = claim.Fence, NextOffset = 0 };
            }

            return new Table(store, checkpoints, size);
        }

        /// <returns>Milliseconds: of the transaction, and of the processor for it and for encoding the digests.</returns>
        public async Task<(double Elapsed, double Cpu)> CheckpointAsync(int round)
        {
            var partials = checkpoints.Select((_, i) => Backlog.Counted(From(i + 1) - From(i), (round * Partitions) + i)).ToArray();
            // What made the partials is not collected at the checkpoint's expense.
            GC.Collect();
            TimeSpan before = Environment.CpuUsage.TotalTime;
            for (int i = 0; i < checkpoints.Length; i++)
                checkpoints[i] = checkpoints[i] with { NextOffset = checkpoints[i].NextOffset + 1, Changed = partials[i].ConvertAll(Backlog.RowOf) };
            long startedAt = Stopwatch.GetTimestamp();
            var result = await store.CheckpointAsync(checkpoints, CancellationToken.None);
            var cost = (Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds, (Environment.CpuUsage.TotalTime - before).TotalMilliseconds);
            if (!result.IsCommitted)
                throw new InvalidOperationException("the benchmark's checkpoint was fenced");
            for (int i = 0; i < checkpoints.Length; i++)
                checkpoints[i] = checkpoints[i] with { Fence = checkpoints[i].Fence.Next };
            return cost;
        }

        private int From(int partition) => size.Partials * partition / checkpoints.Length;
    }

    /// <summary>The least that a database takes for as many bytes: one statement, one table of a key and a digest, one commit.</summary>
    private sealed class PlainUpsert(NpgsqlConnection connection) : IAsyncDisposable
    {
        private const string Sql =
            """
            INSERT INTO plain AS t SELECT * FROM unnest(@keys, @digests)
            ON CONFLICT (key) DO UPDATE SET digest = EXCLUDED.digest
            """;

        public static async Task<PlainUpsert> CreateAsync(NpgsqlDataSource database)
        {
            var connection = await database.OpenConnectionAsync();
            await using var create = new NpgsqlCommand("CREATE TABLE plain (key text PRIMARY KEY, digest bytea) WITH (fillfactor = 50)", connection);
            await create.ExecuteNonQueryAsync();
            return new PlainUpsert(connection);
        }

        public async Task<double> WriteAsync(List<PartialRow> rows)
        {
            long startedAt = Stopwatch.GetTimestamp();
            await using var command = new NpgsqlCommand(Sql, connection);
            command.Parameters.AddWithValue("keys", rows.Select(row => row.Label).ToArray());
            command.Parameters.AddWithValue("digests", rows.Select(row => row.Digests.Latency).ToArray());
            await command.ExecuteNonQueryAsync();
            return Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds;
        }

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}
