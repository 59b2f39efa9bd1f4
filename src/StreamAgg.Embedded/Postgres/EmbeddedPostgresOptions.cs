namespace StreamAgg.Embedded.Postgres;

/// <summary>How an embedded PostgreSQL is to be.</summary>
public sealed class EmbeddedPostgresOptions
{
    /// <summary>Whether commits reach the disk. A server that is thrown away needs it only where times are measured.</summary>
    /// <value>Default false: a killed server keeps its commits still, a machine that loses power does not.</value>
    public bool IsDurable { get; init; }

    /// <summary>Lines for postgresql.conf, such as <c>TimeZone</c> = <c>Asia/Kolkata</c>.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Each wait for the server (start, stop, a database) is bounded by this.</summary>
    /// <value>Default one minute.</value>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromMinutes(1);
}

/// <summary>The embedded server can't be had. The message is one line and says what to do.</summary>
public sealed class EmbeddedPostgresException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>How a server is stopped.</summary>
public enum StopMode
{
    /// <summary>Sessions are ended, everything is written out.</summary>
    Fast,

    /// <summary>At once, as in a crash: it recovers at the next start.</summary>
    Immediate,
}
