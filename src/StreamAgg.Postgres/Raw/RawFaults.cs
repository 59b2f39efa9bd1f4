using System.Net.Sockets;
using System.Security.Cryptography;
using Npgsql;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Raw;

/// <summary>What the raw tables' server says, as the exceptions that its callers know.</summary>
internal static class RawFaults
{
    public static async Task<T> GuardAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception fault) when (DatabaseFaults.IsTransient(fault) && !DatabaseFaults.IsRefusedLogin(fault))
        {
            throw new StoreUnavailableException($"The raw tables: {DatabaseFaults.Describe(fault)}", fault);
        }
        catch (Exception fault) when (fault is NpgsqlException or NotSupportedException or CryptographicException or SocketException)
        {
            throw new RawSourceException($"The raw tables: {DatabaseFaults.Describe(fault)}.{RemedyOf(fault)}", IsConditions(fault), fault);
        }
    }

    /// <summary>Names and columns are asked of the catalog first: what a statement finds missing, a condition has brought in.</summary>
    private static bool IsConditions(Exception fault) => fault is PostgresException { SqlState: var state }
        && state is not PostgresErrorCodes.InsufficientPrivilege
        && (state.StartsWith("42", StringComparison.Ordinal) || state.StartsWith("22", StringComparison.Ordinal));

    private static string RemedyOf(Exception fault) => fault switch
    {
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } =>
            " Grant SELECT on the raw tables (and USAGE on their schema) to the role in StreamAgg:Raw:ConnectionString.",
        _ when IsConditions(fault) => " Correct the condition given by --where.",
        _ => " Correct StreamAgg:Raw:ConnectionString.",
    };
}
