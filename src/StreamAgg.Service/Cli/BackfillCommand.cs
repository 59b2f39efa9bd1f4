using System.CommandLine;
using StreamAgg.Postgres.Raw;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Recounts;
using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Cli;

/// <summary>Fills hours from before the stream.</summary>
internal static class BackfillCommand
{
    public static Command Create(CommandContext context)
    {
        var from = VerbOptions.Time("--from", "The first hour; a time within one stands for all of it. Default: the oldest raw row's.");
        var to = VerbOptions.Time("--to", "Up to this time. Default: the first hour that was counted from the stream, else all hours that are over.");
        var replace = new Option<bool>("--replace")
        {
            Description = "Counts every hour of the range anew, and puts it in the place of what was counted.",
        };
        var where = Where();
        var json = VerbOptions.Json();
        var command = new Command(
            "backfill",
            "Fills hours from the gateway's raw tables, beside a running service. Can be stopped and started again: filled hours are passed over.")
        {
            from, to, replace, where, json,
        };
        command.SetAction(async (parsed, stop) =>
        {
            var settings = context.Configure();
            var range = new BackfillRange(parsed.GetValue(from), parsed.GetValue(to), parsed.GetValue(replace));
            if (range is { From: { } first, To: { } end })
                VerbOptions.HoursOf(first, end);
            await using var open = await OpenServers.OpenAsync(settings, stop);
            await using var raw = await RawReader.OpenAsync(
                settings.Postgres, settings.Raw, settings.Pipeline.Events, RawFilter.Of(parsed.GetValue(where) ?? []), stop);
            foreach (string note in raw.Notes)
                await context.Terminal.Error.WriteLineAsync($"note: {note}");
            var report = await new BackfillRun(open, raw, context.Terminal, context.Clock).RunAsync(range, stop);
            context.Terminal.Show(parsed.GetValue(json), report.WriteJson, report.Write);
            return ExitCode.Done;
        });
        return command;
    }

    public static Option<string[]> Where() => new("--where")
    {
        Description = "Only raw rows that meet this SQL condition, such as \"errors:NOT is_count_tokens\"; with no usage: or errors: before "
            + "it, of both tables. May be given more than once.",
        HelpName = "condition",
    };
}
