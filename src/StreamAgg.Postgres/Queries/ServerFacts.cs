using Npgsql;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Queries;

/// <summary>What a server says of itself and of the session that it gives.</summary>
/// <param name="Version">As it writes it.</param>
/// <param name="MajorVersion">Such as 17.</param>
/// <param name="Database">The session's.</param>
/// <param name="Role">Whose rights the session has.</param>
/// <param name="Now">By its own clock.</param>
public sealed record ServerFacts(string Version, int MajorVersion, string Database, string Role, Instant Now)
{
    private const string Question =
        """
        SELECT current_setting('server_version'), current_setting('server_version_num')::int / 10000,
          current_database()::text, current_user::text, clock_timestamp()
        """;

    /// <summary>Any server may answer, a standby too.</summary>
    /// <exception cref="StoreUnavailableException">No answer.</exception>
    public static Task<ServerFacts> AskAsync(NpgsqlDataSource database, CancellationToken cancellation) =>
        StoreTransaction.ReadAsync(database, AskAsync, cancellation);

    /// <summary>Of a server that takes writes.</summary>
    /// <exception cref="StoreUnavailableException">No answer, or from a server that takes none.</exception>
    public static Task<ServerFacts> AskPrimaryAsync(NpgsqlDataSource database, CancellationToken cancellation) =>
        StoreTransaction.ReadCurrentAsync(database, AskAsync, cancellation);

    private static async Task<ServerFacts> AskAsync(StoreTransaction transaction)
    {
        ServerFacts? facts = null;
        await transaction.QueryAsync(Question, null, row => facts = new ServerFacts(
            row.GetString(0), row.GetInt32(1), row.GetString(2), row.GetString(3), Timestamps.ReadInstant(row, 4)));
        return facts!;
    }
}
