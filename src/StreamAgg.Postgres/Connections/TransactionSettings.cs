using Npgsql;

namespace StreamAgg.Postgres.Connections;

/// <summary>
/// The bounds that every transaction sets for itself. One client that hangs in the middle of a checkpoint would otherwise stop the
/// claim of its partitions and everybody's marks for as long as it hangs.
/// </summary>
/// <remarks>
/// Relations: a wait for a lock (6 s, longer than an idle transaction may hold one) ends before its statement does (15 s), and the
/// server gives up before the client does (20 s): only a server that does not answer at all makes the client break the connection.
/// </remarks>
internal static class TransactionSettings
{
    public const int CommandTimeoutSeconds = 20;

    // A set_config that is local ends with the transaction, so nothing leaks through a pooler in transaction mode. Keepalives find a
    // dead client in 10 + 3 * 5 s even where no transaction is open.
    private const string Bounds =
        """
        SELECT set_config('lock_timeout', '6s', true), set_config('statement_timeout', '15s', true),
          set_config('idle_in_transaction_session_timeout', '5s', true), set_config('tcp_keepalives_idle', '10', true),
          set_config('tcp_keepalives_interval', '5', true), set_config('tcp_keepalives_count', '3', true),
          pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on'
        """;

    /// <summary>Where the answer of <see cref="AddTo"/>'s last statement says that the server takes no writes.</summary>
    public const int IsReadOnlyOrdinal = 6;

    // Since PostgreSQL 14: a backend that waits for a lock notices that its client is gone.
    private const string BoundsWithConnectionCheck = Bounds + ", set_config('client_connection_check_interval', '2s', true)";

    // What is written comes in arrays. A plan of its own for each copies their megabytes a dozen times over, which takes as long as writing them;
    // one for any arrays goes by the keys' indexes, as it has to.
    private const string AnyArrays = ", set_config('plan_cache_mode', 'force_generic_plan', true)";

    private const string ReadOnly = "SET TRANSACTION READ ONLY";

    /// <summary>To be run first in the transaction, in one round trip with its first statement.</summary>
    public static void AddTo(NpgsqlBatch batch, NpgsqlConnection connection, bool isReadOnly)
    {
        if (isReadOnly)
            batch.BatchCommands.Add(new NpgsqlBatchCommand(ReadOnly));
        string bounds = connection.PostgreSqlVersion.Major >= 14 ? BoundsWithConnectionCheck : Bounds;
        batch.BatchCommands.Add(new NpgsqlBatchCommand(isReadOnly ? bounds : bounds + AnyArrays));
    }
}
