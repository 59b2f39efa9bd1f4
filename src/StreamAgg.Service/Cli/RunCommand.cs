using System.CommandLine;
using Npgsql;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Schema;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Output;
using StreamAgg.Service.Run;
using StreamAgg.Service.Telemetry;

namespace StreamAgg.Service.Cli;

/// <summary>The service.</summary>
internal static class RunCommand
{
    public static Command Create(CommandContext context)
    {
        var command = new Command("run", "Runs the service: consumes, checkpoints, publishes, serves HTTP, until SIGTERM or Ctrl+C.");
        command.SetAction(async (_, stop) =>
        {
            var settings = context.Configure(out var configuration);
            TelemetryVariables.Check(Environment.GetEnvironmentVariable);
            using var loggers = ProcessLog.Create(configuration, context.Clock, isQuiet: false);
            try
            {
                await new ServiceRun(settings, loggers, context.Clock).RunAsync(stop);
            }
            catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
            {
                throw CommandFaultException.Dependency(
                    $"PostgreSQL refused: {refused.MessageText}. {await WhatIsLackingAsync(settings.Postgres)}", refused);
            }

            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>The server names the object, not the right: asked for all of them, the role tells which.</summary>
    private static async Task<string> WhatIsLackingAsync(PostgresOptions options)
    {
        await using var database = PostgresDataSource.Create(options);
        try
        {
            await new Migrator(database, options).CheckRightsAsync(CancellationToken.None);
            return "Run deploy/roles.sql as an administrator and grant streamagg_service to the role in StreamAgg:Postgres:ConnectionString.";
        }
        catch (Exception lacking) when (lacking is SchemaMismatchException or StoreUnavailableException)
        {
            return lacking.Message;
        }
    }
}
