using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Queries;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Reports;
using StreamAgg.Traffic.Recount;

namespace StreamAgg.Service.Recounts;

/// <summary>What a person asked to be compared; null: as much as there is.</summary>
internal sealed record VerifyRange(Instant? From, Instant? To);

/// <summary>Counts once more what the tables were made of.</summary>
internal interface IRecountSource : IDisposable
{
    /// <summary>From when on it holds every event.</summary>
    Instant Reach { get; }

    /// <summary>Rollups that it can't tell of.</summary>
    IReadOnlyList<string> LeftOut => [];

    /// <summary>What is missing before that, for a person.</summary>
    IReadOnlyList<string> Missing { get; }

    /// <summary>Counts the events of these hours, and any others.</summary>
    Task ReadAsync(ExactRecount into, Hour from, Hour to, CancellationToken stop);
}

/// <summary>
/// Compares the tables, as they stood in one instant, with a recount up to the same instant. Rows that are in motion, and those of others that
/// were kept, are left out.
/// </summary>
internal sealed class VerifyRun(OpenServers open, Func<VerifySnapshot, Task<IRecountSource>> openSource)
{
    private static readonly TimeSpan OneTick = TimeSpan.FromTicks(1);

    private readonly VerifyQuery query = new(
        open.Database, open.Settings.Pipeline.Id, open.Settings.Postgres.PublishSchema, open.Settings.Pipeline.Rollups);

    public async Task<VerifyReport> RunAsync(VerifyRange range, CancellationToken stop)
    {
        var options = open.Settings.Pipeline;
        var snapshot = await query.ReadAsync(range.From?.Hour.Day.Start, range.To, stop);
        if (snapshot.Closed is not { } closed || snapshot.First is not { } first)
            throw CommandFaultException.Dependency(
                "No hour is closed yet: `streamagg status` shows the watermark, and which partition has none. There is nothing to compare.");
        using var source = await openSource(snapshot);
        Hour from = range.From?.Hour ?? FirstOf(first, options.StartFrom), end = closed.Hour;
        if (range.To is { } to && to < closed)
            end = (to - OneTick).Hour.End.Hour;
        bool isCut = source.Reach > from.Start;
        if (isCut)
            from = source.Reach >= end.Start ? end : (source.Reach - OneTick).Hour.End.Hour;
        if (from.Start > end.Start)
            from = end;

        // The first day is whole where nobody has rows of it from before the first hour.
        bool isFirstWhole = range.From is null && from == first
            && !snapshot.Hourly.Any(row => row.Start >= first.Day.Start && row.Start < first.Start);
        Instant firstDay = isFirstWhole ? first.Day.Start : from.Start;

        PublishedRows[] tables = [
            new(RowTable.Hourly, 0, Instant.MinValue, snapshot.Hourly), new(RowTable.Daily, 0, Instant.MinValue, snapshot.Daily),
            .. snapshot.Others.Where(table => !source.LeftOut.Contains(options.Rollups[table.Rollup].Name))];
        var recount = new ExactRecount(
            [.. tables.Select(table => new FoundTable(table.Table, table.Rollup, table.Rows))], from, end, options.Compression);
        await source.ReadAsync(recount, from, end, stop);
        var movingDays = snapshot.DirtyDays.Concat(snapshot.DirtyHours.Select(hour => new BucketKey<Day>(hour.Bucket.Day, hour.Label, hour.Rollup)))
            .Concat(snapshot.KeptDays).ToHashSet();
        return new VerifyReport(
            from.Start, end.Start,
            [.. tables.Select(table => (table.Table, recount.Compare(table.Table, key => key.Start >= table.From && IsJudged(table, key))))])
        {
            Events = recount.Events,
            KeptRows = snapshot.KeptHours.Count + snapshot.KeptDays.Count,
            Missing = isCut ? source.Missing : [],
        };

        bool IsJudged(PublishedRows table, TallyKey key)
        {
            string rollup = options.Rollups[table.Rollup].Name;
            if (table.Table.IsDaily)
                return key.Start >= firstDay && key.Start.Hour.Day.End <= end.Start
                    && !movingDays.Contains(new BucketKey<Day>(key.Start.Hour.Day, key.Label, rollup));
            var hour = new BucketKey<Hour>(key.Start.Hour, key.Label, rollup);
            return key.Start >= from.Start && key.Start < end.Start && !snapshot.DirtyHours.Contains(hour) && !snapshot.KeptHours.Contains(hour);
        }
    }

    /// <summary>Where reading began at some offset, the hour it lies in was counted in part.</summary>
    private static Hour FirstOf(Hour first, StartPosition startFrom) =>
        startFrom == StartPosition.Beginning ? first : new Hour(first.SinceEpoch + 1);
}
