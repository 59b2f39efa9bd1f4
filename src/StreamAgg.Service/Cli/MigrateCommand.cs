using System.CommandLine;
using StreamAgg.Postgres.Connections;
using StreamAgg.Postgres.Schema;
using StreamAgg.Service.Faults;

namespace StreamAgg.Service.Cli;

/// <summary>Brings the database to this version's schema.</summary>
internal static class MigrateCommand
{
    public static Command Create(CommandContext context)
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "Names what would be applied and changes nothing." };
        var command = new Command(
            "migrate", "Creates or updates the tables in PostgreSQL. Safe to run again, and from many places at once.") { dryRun };
        command.SetAction(async (parsed, stop) =>
        {
            var settings = context.Configure();
            bool isDryRun = parsed.GetValue(dryRun);
            await using var database = PostgresDataSource.Create(settings.Postgres);
            var names = await new Migrator(database, settings.Postgres).MigrateAsync(isDryRun, stop);
            foreach (string name in names)
                await context.Terminal.Output.WriteLineAsync($"{(isDryRun ? "would apply" : "applied")} {name}");
            if (names.Count == 0)
                await context.Terminal.Output.WriteLineAsync("nothing to apply: the schema is this version's");
            return ExitCode.Done;
        });
        return command;
    }
}
