using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Store;
using static StreamAgg.Postgres.Tests.Sample;

namespace StreamAgg.Postgres.Tests;

/// <summary>More labels than one statement carries.</summary>
public class ManyPartialsTests(TestServer server)
{
    [Fact]
    public async Task As_many_partials_as_the_gate_allows_are_written_marked_and_loaded()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        PostgresStore store = database.Store;
        Fence fence = await store.FenceAsync(Usage0);
        // Labels in whose order UTF-16 and bytes differ, and the empty one, which sorts first.
        PartialRow[] rows = [Row(0, "", 1), Row(0, "\uff5e", 1), Row(0, "\U0001f600", 1), .. Enumerable.Range(0, 12_285).Select(i => Row(i % 3, $"p{i}", i))];
        await store.CommitAsync(Checkpoint(Usage0, fence, 1, rows));
        Assert.Equal(rows.Length, await database.ScalarAsync<long>("SELECT count(*) FROM streamagg.dirty_hour"));

        // Three pages, the last one full.
        IReadOnlyList<PartialRow> loaded = await store.LoadPartialsAsync(Usage0, None);
        Assert.Equal(rows.Select(row => row.Key).Order(), loaded.Select(row => row.Key).Order());
        await store.CommitAsync(Checkpoint(Usage0, fence.Next, 2) with { Folds = [.. rows[..4096].Select(row => new Fold(row, Changed: false))] });
        Assert.Equal(rows.Length - 4096, (await store.LoadPartialsAsync(Usage0, None)).Count);
    }
}
