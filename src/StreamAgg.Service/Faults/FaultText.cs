using System.Net.Sockets;
using Npgsql;
using StreamAgg.Embedded.Postgres;
using StreamAgg.Gateway.Producing;
using StreamAgg.Pipeline.Faults;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Members;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Raw;
using StreamAgg.Postgres.Schema;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Faults;

/// <summary>The one place that turns an exception into an exit code and lines for a person.</summary>
internal static class FaultText
{
    private const string NamePrimary = " Name the primary in StreamAgg:Postgres:ConnectionString.";

    public static int Write(Exception exception, TextWriter error)
    {
        int code = CodeOf(exception);
        foreach (string line in exception is CommandFaultException fault ? fault.Lines.Select(OneLine.Of) : [LineOf(exception)])
            error.WriteLine($"streamagg: {Secrets.Hide(line)}");
        if (code == ExitCode.Unexpected)
            error.WriteLine(Secrets.Hide(exception.ToString()));
        return code;
    }

    /// <summary>What happened and what to do, as one line.</summary>
    public static string LineOf(Exception exception) => OneLine.Of(exception) + RemedyOf(exception);

    /// <summary>The same in its two halves; null where nobody foresaw it.</summary>
    public static Diagnosis? DiagnosisOf(Exception exception) => exception switch
    {
        SchemaMismatchException mismatch => mismatch.Diagnosis,
        PublishSchemaTakenException taken => taken.Diagnosis,
        LogFatalException { Diagnosis: { } diagnosis } => diagnosis,
        CommandFaultException { Diagnosis: { } diagnosis } => diagnosis,
        PostgresException refused when RemedyOf(refused) is { } remedy => new(DatabaseFaults.Describe(refused), remedy.Trim()),
        _ when CodeOf(exception) == ExitCode.Dependency => new(OneLine.Of(exception), RemedyOf(exception).Trim()),
        _ => null,
    };

    public static int CodeOf(Exception exception) => exception switch
    {
        CommandFaultException fault => fault.ExitCode,
        // Two pipelines were configured to publish into one schema.
        PublishSchemaTakenException => ExitCode.Usage,
        RawSourceException { IsUsage: true } => ExitCode.Usage,
        SchemaMismatchException or RawSourceException or CommitOutcomeUnknownException or EmbeddedPostgresException or GatewayDeliveryException =>
            ExitCode.Dependency,
        LogFatalException or LogUnavailableException or PipelineStoppedException or StoreUnavailableException or SocketException =>
            ExitCode.Dependency,
        PostgresException refused => RemedyOf(refused) is null ? ExitCode.Unexpected : ExitCode.Dependency,
        AggregateException { InnerExceptions: [var only] } => CodeOf(only),
        _ => ExitCode.Unexpected,
    };

    /// <summary>Where a server is silent its name is not at fault, or it is: nobody nearer to the fault can say so.</summary>
    private static string RemedyOf(Exception exception) => exception switch
    {
        StoreUnavailableException { InnerException: PostgresException refused } when RemedyOf(refused) is { } remedy => remedy,
        StoreUnavailableException { InnerException: { } inner } when DatabaseFaults.IsReadOnlyServer(inner) => NamePrimary,
        StoreUnavailableException when DatabaseFaults.IsRefusedCertificate(exception.InnerException) =>
            " Correct Root Certificate (sslrootcert) in StreamAgg:Postgres:ConnectionString to the authority that signed it, or Host to a name that stands in it.",
        StoreUnavailableException => " Start PostgreSQL, or correct StreamAgg:Postgres:ConnectionString.",
        LogUnavailableException away => " " + RemedyOf(away),
        PostgresException refused => RemedyOf(refused) ?? "",
        _ => "",
    };

    public static string RemedyOf(LogUnavailableException away) =>
        away.Remedy ?? "Start Kafka, or correct StreamAgg:Kafka:BootstrapServers and, for TLS and logins, StreamAgg:Kafka:Client.";

    /// <summary>What somebody changed in the database under our feet; null where the fault is of a kind that nobody foresaw.</summary>
    private static string? RemedyOf(PostgresException refused) => refused.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword => " Correct the password in StreamAgg:Postgres:PasswordFile or StreamAgg:Postgres:ConnectionString.",
        PostgresErrorCodes.InvalidAuthorizationSpecification =>
            " Let that role log in from here (the role itself, pg_hba.conf, TLS), or correct StreamAgg:Postgres:ConnectionString.",
        PostgresErrorCodes.ReadOnlySqlTransaction => NamePrimary,
        PostgresErrorCodes.InsufficientPrivilege =>
            " Run deploy/roles.sql as an administrator and grant one of its roles to the role in StreamAgg:Postgres:ConnectionString.",
        PostgresErrorCodes.InvalidCatalogName => " Create it, or correct StreamAgg:Postgres:ConnectionString.",
        PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn
                or PostgresErrorCodes.UndefinedFunction
            => " The schema is not as it was migrated: restore it, then run `streamagg migrate`.",
        _ => null,
    };
}
