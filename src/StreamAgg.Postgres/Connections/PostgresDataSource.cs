using Microsoft.Extensions.Logging;
using Npgsql;

namespace StreamAgg.Postgres.Connections;

/// <summary>Builds the pool of connections that everything here shares.</summary>
public static class PostgresDataSource
{
    /// <summary>Opens nothing yet. Dispose it at the end of the process.</summary>
    /// <exception cref="FormatException">The connection string can't be used (<see cref="PostgresOptions.Faults"/> says so first).</exception>
    public static NpgsqlDataSource Create(PostgresOptions options, ILoggerFactory? loggers = null)
    {
        NpgsqlConnectionStringBuilder given = ConnectionText.Read(options.ConnectionString);
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

        if (options.PasswordFile is { } file)
        {
            settings.Password = null;
            builder.UsePasswordProvider(
                _ => File.ReadAllText(file).TrimEnd('\r', '\n'),
                async (_, cancellation) => (await File.ReadAllTextAsync(file, cancellation)).TrimEnd('\r', '\n'));
        }
        return builder.Build();
    }

    /// <summary>Npgsql's own command time-out: whoever wrote another one into the connection string keeps it.</summary>
    private const int NpgsqlDefaultSeconds = 30;
}
