using StreamAgg.Core.Time;
using StreamAgg.Kafka.DeadLetters;
using StreamAgg.Pipeline.Publishing;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Store;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Recounts;

/// <summary>Which letters, and whether they are only looked at.</summary>
internal sealed record ReplayRequest(string? Reason, Instant? From, Instant? To, bool IsDryRun);

/// <summary>Counts what was refused and is accepted now, each event at most once, however often it is asked for.</summary>
internal sealed class ReplayRun(OpenRecount open, Terminal terminal, TimeProvider clock)
{
    /// <summary>Events a transaction.</summary>
    private const int BatchSize = 1000;

    private const int Tries = 10;

    /// <summary>Keys of a publishing transaction.</summary>
    private const int KeysAtOnce = 250;

    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(1);

    public async Task<ReplayReport> RunAsync(ReplayRequest request, CancellationToken stop)
    {
        using var loggers = LoggerFactory.Create(_ => { });
        var reader = new DeadLetterReader(open.Settings.Kafka, open.Metadata, loggers.CreateLogger<DeadLetterReader>());
        var known = request.IsDryRun ? await KnownAsync(stop) : [];
        var letters = new LetterEvents(open.Settings.Pipeline);
        var report = new ReplayReport { IsDryRun = request.IsDryRun, StillRefused = letters.Refused };
        var batch = new List<ReplayedEvent>();
        using var progress = new ProgressLine(terminal, "letters");
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

    private async Task<HashSet<ReplayedEvent>> KnownAsync(CancellationToken stop) => [.. (await open.Store.ReplayedAsync(stop)).Select(Place)];

    /// <summary>Of two settings' judgements of the same event the place alone is the same.</summary>
    private static ReplayedEvent Place(ReplayedEvent e) => e with { Key = default, Totals = default };

    private async Task CountAsync(List<ReplayedEvent> batch, HashSet<ReplayedEvent> known, ReplayReport report, CancellationToken stop)
    {
        foreach (ReplayedEvent[] chunk in batch.Chunk(BatchSize))
        {
            int counted = report.IsDryRun ? chunk.Count(e => known.Add(Place(e))) : await ReplayAsync(chunk, stop);
            report.Counted += counted;
            report.CountedBefore += chunk.Length - counted;
        }
        batch.Clear();
    }

    /// <summary>What of a lost answer was committed is known by its places: the next try counts the rest.</summary>
    private async Task<int> ReplayAsync(ReplayedEvent[] events, CancellationToken stop)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await open.Store.ReplayAsync(events, open.Settings.Pipeline.Compression, stop);
            }
            catch (Exception fault) when (fault is StoreUnavailableException or CommitOutcomeUnknownException && attempt < Tries)
            {
                await Task.Delay(BetweenTries, clock, stop);
            }
        }
    }

    /// <summary>As any member would at its next turn: with nobody running the rows are right all the same.</summary>
    private async Task PublishAsync(CancellationToken stop)
    {
        var settings = open.Settings;
        if (settings.Topics.PartitionsOf(await open.Metadata.DescribeAsync(settings.Topics.All, stop)) is not { } partitions)
            return;
        var store = new PostgresStore(open.Database, settings.Pipeline.Id, settings.Postgres.PublishSchema);
        await PublishAsync(limit => store.ReadDirtyHoursAsync(partitions, limit, stop), rows => store.PublishHoursAsync(rows, stop));
        await PublishAsync(limit => store.ReadDirtyDaysAsync(partitions, limit, stop), rows => store.PublishDaysAsync(rows, stop));
    }

    private async Task PublishAsync<TBucket>(Func<int, Task<DirtySnapshot<TBucket>>> read, Func<IReadOnlyList<Publication<TBucket>>, Task> write)
        where TBucket : IComparable<TBucket>
    {
        BucketKey<TBucket>? first = null;
        while (await read(KeysAtOnce) is { Buckets: [var next, ..] } snapshot && next.Key != first)
        {
            await write([.. snapshot.Buckets.Select(bucket => RowMerge.Of(bucket, open.Settings.Pipeline.Compression))]);
            // The same one again: a checkpoint holds its mark, and the member's publisher comes soon enough.
            first = next.Key;
        }
    }
}
