using System.CommandLine;

namespace StreamAgg.Service.Cli;

/// <summary>Every verb of <c>streamagg</c>.</summary>
internal static class CommandTree
{
    public const string Name = "streamagg";

    public static RootCommand Create(CommandContext context)
    {
        var root = new RootCommand(
            """
            Keeps hourly and daily metrics of a gateway's requests current in PostgreSQL, from its events in Kafka, each counted exactly once.

            Every setting can be given to every verb: --StreamAgg:Kafka:BootstrapServers=host:9092 (or appsettings.json, or the environment: StreamAgg__Kafka__BootstrapServers).
            """);
        root.Add(RunCommand.Create(context));
        root.Add(MigrateCommand.Create(context));
        root.Add(CheckCommand.Create(context));
        root.Add(StatusCommand.Create(context));
        root.Add(DemoCommand.Create(context));
        root.Add(GenerateCommand.Create(context));
        root.Add(BackfillCommand.Create(context));
        root.Add(VerifyCommand.Create(context));
        root.Add(RebuildCommand.Create(context));
        root.Add(DeadLettersCommand.Create(context));
        root.Add(QuantileCommand.Create(context));
        root.Add(SchemaCommand.Create(context));
        return root;
    }
}
