using Npgsql;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Store;

namespace StreamAgg.Postgres.Queries;

/// <summary>What is counted of which hours, as it stands in one instant.</summary>
/// <param name="Now">The database's.</param>
/// <param name="Partitions">Up to where each is counted.</param>
/// <param name="Counted">Hours that hold anything, ascending.</param>
/// <param name="Filled">Hours that were filled from elsewhere; what the stream adds to one later does not change that.</param>
public sealed record BackfillState(Instant Now, IReadOnlyList<CountedPartition> Partitions, IReadOnlyList<Hour> Counted, IReadOnlySet<Hour> Filled);

/// <summary>Reads a <see cref="BackfillState"/>. Safe from any thread.</summary>
public sealed class BackfillQuery(NpgsqlDataSource database, string pipeline, string publishSchema)
{
    private const string Counted =
        """
        SELECT DISTINCT h.bucket_start FROM (
          SELECT bucket_start FROM streamagg.partial WHERE pipeline = @pipeline AND rollup = 'platform'
          UNION ALL SELECT bucket_start FROM streamagg.hour_base WHERE pipeline = @pipeline AND rollup = 'platform' AND success_count + error_count > 0) h
        ORDER BY h.bucket_start
        """;

    private const string Filled = "SELECT bucket_start FROM streamagg.backfilled_hour WHERE pipeline = @pipeline";

    /// <exception cref="StoreUnavailableException">The database can't be reached.</exception>
    public Task<BackfillState> ReadAsync(CancellationToken cancellation) => StoreTransaction.ReadCurrentAsync(database, async transaction =>
    {
        Instant now = default;
        await transaction.QueryAsync("SELECT clock_timestamp()", null, row => now = Timestamps.ReadInstant(row, 0));
        IReadOnlyList<CountedPartition> partitions =
            await new HourSwapping(pipeline, publishSchema, CompleteRollups.Default).ReadPositionsAsync(transaction, isLocking: false);
        var counted = new List<Hour>();
        await transaction.QueryAsync(Counted, p => p.With("pipeline", pipeline), row => counted.Add(Timestamps.ReadHour(row, 0)));
        var filled = new HashSet<Hour>();
        await transaction.QueryAsync(Filled, p => p.With("pipeline", pipeline), row => filled.Add(Timestamps.ReadHour(row, 0)));
        return new BackfillState(now, partitions, counted, filled);
    }, cancellation);
}
