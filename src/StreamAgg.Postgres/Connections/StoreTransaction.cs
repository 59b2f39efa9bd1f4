using System.Data;
using System.Security.Cryptography;
using Npgsql;
using StreamAgg.Pipeline.Store;

namespace StreamAgg.Postgres.Connections;

/// <summary>One transaction on one connection, its isolation written out: a role's default would otherwise decide.</summary>
/// <remarks>Not thread-safe. Every failure ends it: a statement after a swallowed error would make COMMIT roll back and report success.</remarks>
internal sealed class StoreTransaction
{
    private readonly NpgsqlConnection connection;
    private readonly Access access;
    private readonly CommitGate gate;
    private readonly CancellationToken breaking;
    private bool isFirst = true;

    private StoreTransaction(NpgsqlConnection connection, Access access, CommitGate gate, CancellationToken breaking)
    {
        this.connection = connection;
        this.access = access;
        this.gate = gate;
        this.breaking = breaking;
    }

    private enum Access
    {
        Write,

        /// <summary>What the pipeline goes on from: of the server that it writes to, and no other.</summary>
        ReadCurrent,

        /// <summary>What is only shown: a standby may answer too.</summary>
        ReadAny,
    }

    /// <summary>Runs <paramref name="work"/> at READ COMMITTED and commits when it returns true, else rolls back.</summary>
    /// <exception cref="StoreUnavailableException">It is not committed and never will be.</exception>
    /// <exception cref="CommitOutcomeUnknownException">COMMIT was sent and no answer came.</exception>
    /// <exception cref="OperationCanceledException">It is not committed and never will be.</exception>
    public static async Task WriteAsync(NpgsqlDataSource database, Func<StoreTransaction, Task<bool>> work, CancellationToken cancellation)
    {
        var ending = new CommitGate();
        await ending.WaitAsync(
            RunAsync(
                database, Access.Write, ending,
                async (transaction, commit) =>
                {
                    if (await work(transaction))
                        await CommitAsync(commit, ending);
                    return true;
                },
                cancellation, CancellationToken.None),
            cancellation);
    }

    /// <summary>Runs <paramref name="work"/> at REPEATABLE READ READ ONLY: one snapshot, and no statement waits. Any server may do.</summary>
    /// <exception cref="StoreUnavailableException">No answer.</exception>
    public static Task<T> ReadAsync<T>(NpgsqlDataSource database, Func<StoreTransaction, Task<T>> work, CancellationToken cancellation) =>
        ReadAsync(database, Access.ReadAny, work, cancellation, CancellationToken.None);

    /// <summary>
    /// The same, refused by a server that takes no writes. After a failover the pool may hold sessions of two servers: partials that were
    /// loaded from the old one would be written over what the new one has counted since.
    /// </summary>
    /// <exception cref="StoreUnavailableException">No answer, or from a server that takes no writes.</exception>
    public static Task<T> ReadCurrentAsync<T>(NpgsqlDataSource database, Func<StoreTransaction, Task<T>> work, CancellationToken cancellation) =>
        ReadAsync(database, Access.ReadCurrent, work, cancellation, CancellationToken.None);

    /// <summary>
    /// As <see cref="ReadAsync{T}(NpgsqlDataSource, Func{StoreTransaction, Task{T}}, CancellationToken)"/>, for somebody who may lose
    /// interest: then the statement under way is ended in the database, too.
    /// </summary>
    /// <exception cref="StoreUnavailableException">No answer.</exception>
    public static async Task<T> ReadWhileWantedAsync<T>(NpgsqlDataSource database, Func<StoreTransaction, Task<T>> work, CancellationToken wanted)
    {
        var unwanted = new CancellationTokenSource();
        // On a thread of its own, and nobody waits for it: the driver waits there for the server, which may hang (see CommitGate).
        await using var registration = wanted.Register(
            () => _ = Task.Factory.StartNew(unwanted.Cancel, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        return await ReadAsync(database, Access.ReadAny, work, wanted, unwanted.Token);
    }

    /// <summary>Runs one statement and hands each of its rows to <paramref name="onRow"/>.</summary>
    public async Task QueryAsync(string sql, Action<NpgsqlParameterCollection>? bind, Action<NpgsqlDataReader> onRow)
    {
        gate.ThrowIfAbandoned();
        await using NpgsqlBatch batch = connection.CreateBatch();
        int before = Begin(batch);
        var command = new NpgsqlBatchCommand(sql);
        bind?.Invoke(command.Parameters);
        batch.BatchCommands.Add(command);
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(breaking);
        for (; before > 0; before--)
        {
            await reader.ReadAsync(breaking);
            if (access == Access.ReadCurrent && reader.GetBoolean(TransactionSettings.IsReadOnlyOrdinal))
                throw new ReadOnlyServerException();
            await reader.NextResultAsync(breaking);
        }
        while (await reader.ReadAsync(breaking))
            onRow(reader);
        // Errors of the statement's end (a deferred one, a lost connection) are reported here and nowhere else.
        while (await reader.NextResultAsync(breaking)) { }
    }

    /// <summary>Runs one statement that returns no rows.</summary>
    /// <returns>How many rows it touched.</returns>
    public async Task<int> ExecuteAsync(string sql, Action<NpgsqlParameterCollection>? bind = null)
    {
        gate.ThrowIfAbandoned();
        await using NpgsqlBatch batch = connection.CreateBatch();
        Begin(batch);
        var command = new NpgsqlBatchCommand(sql);
        bind?.Invoke(command.Parameters);
        batch.BatchCommands.Add(command);
        await batch.ExecuteNonQueryAsync();
        return command.RecordsAffected < 0 ? 0 : (int)command.RecordsAffected;
    }

    /// <summary>Runs a script of several statements without parameters, as it is written. Takes as long as it takes.</summary>
    public async Task ExecuteScriptAsync(string script)
    {
        gate.ThrowIfAbandoned();
        await using var command = new NpgsqlCommand(script, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync();
    }

    private static Task<T> ReadAsync<T>(
        NpgsqlDataSource database, Access access, Func<StoreTransaction, Task<T>> work, CancellationToken cancellation, CancellationToken breaking)
    {
        var ending = new CommitGate();
        return ending.WaitAsync(
            RunAsync(
                database, access, ending,
                async (transaction, commit) =>
                {
                    T result = await work(transaction);
                    await commit.CommitAsync(CancellationToken.None);
                    return result;
                },
                cancellation, breaking),
            cancellation);
    }

    private static async Task<T> RunAsync<T>(
        NpgsqlDataSource database, Access access, CommitGate gate,
        Func<StoreTransaction, NpgsqlTransaction, Task<T>> work, CancellationToken cancellation, CancellationToken breaking)
    {
        try
        {
            await using NpgsqlConnection opened = await OpenAsync(database, cancellation);
            await using NpgsqlTransaction transaction = await opened.BeginTransactionAsync(
                access == Access.Write ? IsolationLevel.ReadCommitted : IsolationLevel.RepeatableRead, CancellationToken.None);
            return await work(new StoreTransaction(opened, access, gate, breaking), transaction);
        }
        catch (Exception fault) when (DatabaseFaults.IsTransient(fault))
        {
            // A session stays with its server, and keeps the role's settings of its beginning: the next try asks the name again.
            if (DatabaseFaults.IsReadOnlyServer(fault))
                database.Clear();
            throw new StoreUnavailableException(DatabaseFaults.Describe(fault), fault);
        }
    }

    /// <summary>A server of another protocol, with a login that nobody here knows, or without TLS is as far away as one that is down.</summary>
    private static async Task<NpgsqlConnection> OpenAsync(NpgsqlDataSource database, CancellationToken cancellation)
    {
        try
        {
            return await database.OpenConnectionAsync(cancellation);
        }
        catch (Exception fault) when (fault is NpgsqlException and not PostgresException or NotSupportedException or CryptographicException)
        {
            throw new StoreUnavailableException(DatabaseFaults.Describe(fault), fault);
        }
    }

    private static async Task CommitAsync(NpgsqlTransaction transaction, CommitGate gate)
    {
        gate.Enter();
        try
        {
            // The command time-out bounds it.
            await transaction.CommitAsync(CancellationToken.None);
        }
        catch (PostgresException refused) when (refused.InvariantSeverity == "ERROR")
        {
            // An ERROR rolls back: once its commit record is written, a transaction can't fail with anything less than PANIC. FATAL is
            // different: a backend that is told to go may have committed before it reads the telegram.
            throw;
        }
        catch (Exception fault)
        {
            throw new CommitOutcomeUnknownException($"COMMIT was sent and no answer came: {DatabaseFaults.Describe(fault)}", fault);
        }
    }

    /// <summary>Puts the transaction's settings before its first statement: the same round trip carries both.</summary>
    /// <returns>How many results with rows come before the statement's own.</returns>
    private int Begin(NpgsqlBatch batch)
    {
        if (!isFirst)
            return 0;
        isFirst = false;
        TransactionSettings.AddTo(batch, connection, access != Access.Write);
        return 1;
    }
}
