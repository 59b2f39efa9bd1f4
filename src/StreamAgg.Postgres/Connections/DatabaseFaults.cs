using System.Net.Sockets;
using System.Security.Authentication;
using Npgsql;

namespace StreamAgg.Postgres.Connections;

/// <summary>Which failures of the database pass by themselves, or once an operator has acted: the one place that decides.</summary>
public static class DatabaseFaults
{
    /// <summary>True where another try may succeed with nothing changed here; not for a broken invariant, a missing right or table.</summary>
    public static bool IsTransient(Exception fault) => fault switch
    {
        PostgresException refused => IsTransient(refused.SqlState),
        ReadOnlyServerException => true,
        NpgsqlException broken => broken.IsTransient
            || broken.InnerException is AuthenticationException or SocketException or IOException or TimeoutException,
        // The host's name is not known (yet), or the password file is just being replaced.
        SocketException or IOException or UnauthorizedAccessException or TimeoutException or AuthenticationException => true,
        _ => false,
    };

    public static bool IsTransient(string sqlState) => sqlState switch
    {
        PostgresErrorCodes.InvalidPassword => true, // a password that rotates: the next connection reads the file again
        PostgresErrorCodes.InvalidAuthorizationSpecification => true, // pg_hba or a pooler's user list that is being changed
        PostgresErrorCodes.ReadOnlySqlTransaction => true, // a failover: this server is the standby now
        "25P03" or "25P04" => true, // idle in transaction or a transaction too long: the server took the connection away
        PostgresErrorCodes.SerializationFailure => true,
        PostgresErrorCodes.DeadlockDetected => true,
        PostgresErrorCodes.LockNotAvailable => true,
        PostgresErrorCodes.QueryCanceled => true, // statement_timeout
        PostgresErrorCodes.AdminShutdown => true,
        PostgresErrorCodes.CrashShutdown => true,
        PostgresErrorCodes.CannotConnectNow => true,
        "57P05" => true, // idle_session_timeout
        "72000" => true, // snapshot too old
        _ => sqlState.StartsWith("08", StringComparison.Ordinal) // connection
            || sqlState.StartsWith("53", StringComparison.Ordinal) // out of disk, memory, connections
            || sqlState.StartsWith("58", StringComparison.Ordinal), // the server's own input and output
    };

    /// <summary>True where the server answered that this role may not log in: it may pass while running (a new password), not at start.</summary>
    public static bool IsRefusedLogin(Exception? fault) =>
        fault is PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification };

    /// <summary>True where this side refused the server's certificate: of an unknown authority, or of another name than was asked for.</summary>
    public static bool IsRefusedCertificate(Exception? fault) =>
        fault is NpgsqlException { InnerException: AuthenticationException refused }
            && refused.Message.Contains("certificate", StringComparison.Ordinal);

    /// <summary>True where the session is bound to a server that takes no writes (any more): another connection may find another server.</summary>
    public static bool IsReadOnlyServer(Exception fault) =>
        fault is PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction } or ReadOnlyServerException;

    /// <summary>True where two transactions met: a sign of life, not of an outage.</summary>
    public static bool IsContention(Exception? fault) =>
        fault is PostgresException
        {
            SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable,
        };

    /// <summary>One line for a person: the server's words and its code, never a stack.</summary>
    public static string Describe(Exception fault) => fault switch
    {
        ReadOnlyServerException => fault.Message,
        _ when IsRefusedCertificate(fault) =>
            "PostgreSQL shows a certificate that is refused: of another authority, of another name than Host, or not of these days",
        PostgresException refused => $"PostgreSQL refused: {refused.MessageText} ({refused.SqlState})",
        _ => $"PostgreSQL could not be reached: {Innermost(fault).Message.ReplaceLineEndings(" ")}",
    };

    private static Exception Innermost(Exception fault) => fault.InnerException is { } inner ? Innermost(inner) : fault;
}
