using System.CommandLine;
using StreamAgg.Kafka.DeadLetters;
using StreamAgg.Kafka.Metadata;
using StreamAgg.Service.Configuration;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Output;
using StreamAgg.Service.Recounts;
using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Cli;

/// <summary>What was refused, and why, and its second chance.</summary>
internal static class DeadLettersCommand
{
    public static Command Create(CommandContext context) =>
        new("dead-letters", "Shows what was refused, and why, and counts it after all.") { List(context), Show(context), Replay(context) };

    private static Command List(CommandContext context)
    {
        var reason = new Option<string>("--reason") { Description = "Only this reason, such as bad_field:duration_ms.", HelpName = "reason" };
        var limit = VerbOptions.Count("--limit", "At most so many. Default: all.", 1, int.MaxValue);
        var json = VerbOptions.Json();
        var command = new Command("list", "Lists the refused events, each once.") { reason, limit, json };
        command.SetAction(async (parsed, stop) =>
        {
            using var dead = new OpenDeadLetters(context.Configure());
            var letters = dead.Reader.ReadAsync(parsed.GetValue(reason), (int?)parsed.GetValue(limit), stop);
            if (parsed.GetValue(json))
                await JsonText.PrintArrayAsync(context.Terminal.Output, letters, DeadLetterLine.WriteMembers);
            else
                await foreach (var letter in letters)
                    await context.Terminal.Output.WriteLineAsync(Visible.Of(DeadLetterLine.Of(letter)));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Show(CommandContext context)
    {
        var topic = new Argument<string>("TOPIC") { Description = "The input topic that it was read from." };
        var partition = VerbOptions.CountArgument("PARTITION", "Its partition.", int.MaxValue);
        var offset = VerbOptions.CountArgument("OFFSET", "Its offset.", long.MaxValue);
        var json = VerbOptions.Json();
        var command = new Command("show", "Shows a refused record in full, by its place in the input topic.") { topic, partition, offset, json };
        command.SetAction(async (parsed, stop) =>
        {
            using var dead = new OpenDeadLetters(context.Configure());
            string name = parsed.GetRequiredValue(topic);
            int number = (int)parsed.GetValue(partition);
            long at = parsed.GetValue(offset);
            var letters = await dead.Reader.FindAsync(name, number, at, stop);
            if (letters.Count == 0)
                throw CommandFaultException.Usage(
                    $"There is no dead letter of {name} {number} {at}; `streamagg dead-letters list` shows those there are.");
            if (parsed.GetValue(json))
                JsonText.Print(context.Terminal.Output, writer =>
                {
                    writer.WriteStartArray();
                    foreach (var letter in letters)
                        DeadLetterPage.WriteJson(writer, letter);
                    writer.WriteEndArray();
                });
            else
                foreach (var letter in letters)
                    DeadLetterPage.Write(context.Terminal.Output, letter);
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Replay(CommandContext context)
    {
        var reason = new Option<string>("--reason") { Description = "Only this reason, such as bad_field:duration_ms.", HelpName = "reason" };
        var from = VerbOptions.Time("--from", "Only what was refused at or after it.");
        var to = VerbOptions.Time("--to", "Only what was refused before it.");
        var dryRun = new Option<bool>("--dry-run") { Description = "Tells what would be counted and changes nothing." };
        var json = VerbOptions.Json();
        var command = new Command("replay",
            "Counts the refused events that today's settings accept, each at most once however often it is asked for.")
        {
            reason, from, to, dryRun, json,
        };
        command.SetAction(async (parsed, stop) =>
        {
            await using var open = await OpenServers.OpenAsync(context.Configure(), stop);
            var request = new ReplayRequest(parsed.GetValue(reason), parsed.GetValue(from), parsed.GetValue(to), parsed.GetValue(dryRun));
            var report = await new ReplayRun(open, context.Terminal, context.Clock).RunAsync(request, stop);
            context.Terminal.Show(parsed.GetValue(json), report.WriteJson, report.Write);
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>A reader with the connection that it asks by.</summary>
    private sealed class OpenDeadLetters : IDisposable
    {
        private readonly KafkaMetadata metadata;
        private readonly ILoggerFactory loggers = LoggerFactory.Create(_ => { });

        public OpenDeadLetters(Settings settings)
        {
            metadata = new KafkaMetadata(settings.Kafka);
            Reader = new DeadLetterReader(settings.Kafka, metadata, loggers.CreateLogger<DeadLetterReader>());
        }

        public DeadLetterReader Reader { get; }

        public void Dispose()
        {
            metadata.Dispose();
            loggers.Dispose();
        }
    }
}
