namespace StreamAgg.Postgres.Connections;

/// <summary>The session's server is a standby, or takes no writes: what it would tell may be older than what was committed.</summary>
internal sealed class ReadOnlyServerException() : Exception("PostgreSQL is a standby or read-only (25006)");
