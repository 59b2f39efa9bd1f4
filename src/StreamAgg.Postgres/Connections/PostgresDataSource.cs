using Microsoft.Extensions.Logging;
using Npgsql;

namespace StreamAgg.Postgres.Connections;

/// <summary>Builds the pool of connections that everything here shares.</summary>
public static class PostgresDataSource
{
    /// <summary>Connections of <see cref="CreateReading"/> by default: those who look wait for each other, the pipeline never for them.</summary>
    private const int ReadingConnections = 4;

    /// <summary>Seconds in which whoever only looks has a connection or is told that there is none.</summary>
    private const int ReadingConnectSeconds = 5;

    /// <summary>Milliseconds in which a server that works ends a statement when it is told to.</summary>
    private const int ReadingCancellation = 2000;

    private const int RawBufferBytes = 1 << 17;

    /// <summary>Opens nothing yet. Dispose it at the end of the process.</summary>
    /// <exception cref="FormatException">The connection string can't be used (<see cref="ConnectionText.FaultOf"/> says so first).</exception>
    public static NpgsqlDataSource Create(PostgresOptions options, ILoggerFactory? loggers = null) =>
        Builder(options.ConnectionString, options, loggers).Build();

    /// <summary>A small pool for whoever only looks, at <see cref="PostgresOptions.ReadConnectionString"/> where there is one.</summary>
    /// <exception cref="FormatException">As for <see cref="Create"/>.</exception>
    public static NpgsqlDataSource CreateReading(PostgresOptions options, ILoggerFactory? loggers = null)
    {
        var builder = Builder(options.ReadConnectionString ?? options.ConnectionString, options, loggers);
        NpgsqlConnectionStringBuilder settings = builder.ConnectionStringBuilder;
        if (options.ReadConnectionString is null || !settings.ShouldSerialize("Maximum Pool Size"))
        {
            settings.MinPoolSize = 0;
            settings.MaxPoolSize = ReadingConnections;
        }
        settings.ApplicationName += " reading";
        settings.Timeout = Math.Min(settings.Timeout, ReadingConnectSeconds);
        settings.CancellationTimeout = ReadingCancellation;
        return builder.Build();
    }

    /// <summary>For the gateway's own tables: they are read for as long as it takes.</summary>
    /// <param name="options">The pipeline's.</param>
    /// <param name="connectionString">Null: the pipeline's own.</param>
    /// <exception cref="FormatException">As for <see cref="Create"/>.</exception>
    public static NpgsqlDataSource CreateRaw(PostgresOptions options, string? connectionString)
    {
        var builder = Builder(connectionString ?? options.ConnectionString, options, loggers: null);
        NpgsqlConnectionStringBuilder settings = builder.ConnectionStringBuilder;
        settings.ApplicationName += " raw";
        settings.CommandTimeout = 0;
        settings.CancellationTimeout = ReadingCancellation;
        // Rows come one a message: a larger buffer takes hundreds of them from the socket at once.
        settings.ReadBufferSize = Math.Max(settings.ReadBufferSize, RawBufferBytes);
        return builder.Build();
    }

    private static NpgsqlDataSourceBuilder Builder(string connectionString, PostgresOptions options, ILoggerFactory? loggers)
    {
        NpgsqlConnectionStringBuilder given = ConnectionText.Read(connectionString);
        SessionTarget? target = SessionTarget.TakeFrom(given);
        var builder = new NpgsqlDataSourceBuilder(given.ConnectionString);
        if (loggers is not null)
            builder.UseLoggerFactory(loggers);
        target?.Guard(builder);

        NpgsqlConnectionStringBuilder settings = builder.ConnectionStringBuilder;
        settings.ApplicationName ??= "streamagg";
        // Nothing here relies on a session's state (settings are made local to each transaction), so a pooler in transaction mode
        // may stand between, and there is nothing to reset when a connection goes back.
        settings.NoResetOnClose = true;
        // Spares a probe that is lost on most servers and confuses some poolers.
        settings.GssEncryptionMode = GssEncryptionMode.Disable;
        settings.TcpKeepAlive = true;
        // A statement that takes too long breaks its connection at once: with a server that hangs, nobody would answer a request to
        // cancel either. A transaction whose client is gone is rolled back, for its COMMIT was not sent.
        settings.CancellationTimeout = -1;
        if (settings.CommandTimeout == NpgsqlDefaultSeconds)
            settings.CommandTimeout = TransactionSettings.CommandTimeoutSeconds;

        // A reader's own password is another role's.
        if (options.PasswordFile is { } file && (connectionString == options.ConnectionString || settings.Password is null))
        {
            settings.Password = null;
            builder.UsePasswordProvider(
                _ => File.ReadAllText(file).TrimEnd('\r', '\n'),
                async (_, cancellation) => (await File.ReadAllTextAsync(file, cancellation)).TrimEnd('\r', '\n'));
        }
        return builder;
    }

    /// <summary>Npgsql's own command time-out: whoever wrote another one into the connection string keeps it.</summary>
    private const int NpgsqlDefaultSeconds = 30;
}
