using Npgsql;
using StreamAgg.Core.Rollups;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Store;

/// <summary>Recounts and replays over Npgsql. Safe from any thread; holds nothing but the pool.</summary>
/// <remarks>
/// Before all other locks these transactions take that of the pipeline's own row, a swap alone, replays together: what a swap finds
/// replayed is then all there is until it commits. Behind it the order is everybody's: see <see cref="PostgresStore"/>.
/// </remarks>
/// <param name="database">From <see cref="PostgresDataSource"/>. Not disposed here.</param>
/// <param name="pipeline">Leads every key.</param>
/// <param name="publishSchema">Where the published tables are.</param>
/// <param name="rollups">All that are configured; null: that by platform alone.</param>
public sealed class PostgresRecountStore(
    NpgsqlDataSource database, string pipeline, string publishSchema, IReadOnlyList<Rollup>? rollups = null) : IRecountStore
{
    private readonly HourSwapping swapping = new(pipeline, publishSchema, rollups ?? CompleteRollups.Default);
    private readonly ReplayStatements replays = new(pipeline, rollups ?? CompleteRollups.Default);

    public Task<IReadOnlyList<CountedPartition>> PositionsAsync(CancellationToken cancellation) =>
        StoreTransaction.ReadCurrentAsync(database, transaction => swapping.ReadPositionsAsync(transaction, isLocking: false), cancellation);

    public Task<IReadOnlyList<ReplayedEvent>> ReplayedAsync(CancellationToken cancellation) =>
        StoreTransaction.ReadCurrentAsync(database, replays.ReadAsync, cancellation);

    public async Task<SwapResult> SwapHoursAsync(HourSwap swap, CancellationToken cancellation)
    {
        var result = new SwapResult(false, [], 0);
        await StoreTransaction.WriteAsync(database, async transaction =>
        {
            result = await swapping.RunAsync(transaction, swap);
            return result.IsDone;
        }, cancellation);
        return result;
    }

    public async Task<int> ReplayAsync(IReadOnlyList<ReplayedEvent> events, int compression, CancellationToken cancellation)
    {
        int counted = 0;
        await StoreTransaction.WriteAsync(database, async transaction =>
        {
            counted = await replays.RunAsync(transaction, events, compression);
            return counted > 0;
        }, cancellation);
        return counted;
    }
}
