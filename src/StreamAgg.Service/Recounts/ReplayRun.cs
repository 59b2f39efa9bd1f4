using System.Collections.ObjectModel;
using StreamAgg.Core.Time;
using StreamAgg.Kafka.DeadLetters;
using StreamAgg.Pipeline.Publishing;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Store;
using StreamAgg.Service.Output;
using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Recounts;

/// <summary>Which letters, and whether they are only looked at.</summary>
internal sealed record ReplayRequest(string? Reason, Instant? From, Instant? To, bool IsDryRun);

/// <summary>Counts what was refused and is accepted now, each event at most once, however often it is asked for.</summary>
internal sealed class ReplayRun(OpenServers open, Terminal terminal, TimeProvider clock)
{
    /// <summary>Events a transaction.</summary>
    private const int BatchSize = 1000;

    private static readonly ReadOnlyDictionary<string, string> NoOthers = ReadOnlyDictionary<string, string>.Empty;

    private readonly PostgresRecountStore store = new(
        open.Database, open.Settings.Pipeline.Id, open.Settings.Postgres.PublishSchema, open.Settings.Pipeline.Rollups);

    public async Task<ReplayReport> RunAsync(ReplayRequest request, CancellationToken stop)
    {
        var reader = new DeadLetterReader(open.Settings.Kafka, open.Metadata, open.Silence.CreateLogger<DeadLetterReader>());
        var known = request.IsDryRun ? await KnownAsync(stop) : [];
        var letters = new LetterEvents(open.Settings.Pipeline);
        var report = new ReplayReport { IsDryRun = request.IsDryRun, StillRefused = letters.Refused };
        var batch = new List<ReplayedEvent>();
        using var progress = new ProgressLine(terminal, "letters", clock);
        await foreach (DeadLetter letter in reader.ReadAsync(request.Reason, null, stop))
        {
            if (!IsWithin(letter, request))
                continue;
            progress.Tell(++report.Letters, 0);
            if (LetterEvents.WhyUnreadable(letter) is { } why)
            {
                report.Unreadable[why] = report.Unreadable.GetValueOrDefault(why) + 1;
                continue;
            }
            batch.AddRange(letters.Judge(letter));
            if (batch.Count >= BatchSize)
                await CountAsync(batch, known, report, stop);
        }
        await CountAsync(batch, known, report, stop);
        if (report.Counted > 0 && !request.IsDryRun)
            await PublishAsync(stop);
        return report;
    }

    private static bool IsWithin(DeadLetter letter, ReplayRequest request)
    {
        if (request.From is null && request.To is null)
            return true;
        return TimeText.TryParse(letter.Time) is { } time && !(time < request.From) && !(time >= request.To);
    }

    private async Task<HashSet<ReplayedEvent>> KnownAsync(CancellationToken stop) => [.. (await store.ReplayedAsync(stop)).Select(Place)];

    /// <summary>Of two settings' judgements of the same event the place alone is the same.</summary>
    private static ReplayedEvent Place(ReplayedEvent e) => e with { Key = default, Totals = default, Others = NoOthers };

    private async Task CountAsync(List<ReplayedEvent> batch, HashSet<ReplayedEvent> known, ReplayReport report, CancellationToken stop)
    {
        foreach (ReplayedEvent[] chunk in batch.Chunk(BatchSize))
        {
            int counted = report.IsDryRun ? chunk.Count(e => known.Add(Place(e)))
                : await StoreAttempts.MakeAsync(() => store.ReplayAsync(chunk, open.Settings.Pipeline.Compression, stop), clock, stop);
            report.Counted += counted;
            report.CountedBefore += chunk.Length - counted;
        }
        batch.Clear();
    }

    /// <summary>As any member would at its next turn: with nobody running the rows are right all the same.</summary>
    private async Task PublishAsync(CancellationToken stop)
    {
        var settings = open.Settings;
        if (settings.Topics.PartitionsOf(await open.Metadata.DescribeAsync(settings.Topics.All, stop)) is not { } partitions)
            return;
        var publishing = new PostgresStore(open.Database, settings.Pipeline.Id, settings.Postgres.PublishSchema, settings.Pipeline.Rollups);
        int compression = settings.Pipeline.Compression;
        await PublishPass.RunAsync(
            limit => publishing.ReadDirtyHoursAsync(partitions, limit, stop), rows => publishing.PublishHoursAsync(rows, stop), compression);
        await PublishPass.RunAsync(
            limit => publishing.ReadDirtyDaysAsync(partitions, limit, stop), rows => publishing.PublishDaysAsync(rows, stop), compression);
    }
}
