using System.Collections.ObjectModel;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Digests;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Pipeline.Store;

/// <summary>What changes counted hours from outside the stream: a recount that takes their place, and refused events that count after all.</summary>
/// <remarks>Throws as <see cref="IAggregateStore"/> does. Safe from any thread, beside any number of running members.</remarks>
public interface IRecountStore
{
    /// <summary>Every partition that was ever claimed, as far as it is counted.</summary>
    Task<IReadOnlyList<CountedPartition>> PositionsAsync(CancellationToken cancellation);

    /// <summary>All replayed events, in no order.</summary>
    Task<IReadOnlyList<ReplayedEvent>> ReplayedAsync(CancellationToken cancellation);

    /// <summary>Puts a recount of whole hours in the place of what was counted, with their rows and their days' rows, in one transaction.</summary>
    Task<SwapResult> SwapHoursAsync(HourSwap swap, CancellationToken cancellation);

    /// <summary>Counts those of the events that were not replayed before, and remembers them, in one transaction.</summary>
    /// <param name="events">Each once.</param>
    /// <param name="compression">Of their hours' digests.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>How many were counted.</returns>
    Task<int> ReplayAsync(IReadOnlyList<ReplayedEvent> events, int compression, CancellationToken cancellation);
}

/// <summary>How far a partition is counted.</summary>
/// <param name="Source">The partition.</param>
/// <param name="NextOffset">Every record before it is counted.</param>
/// <param name="TopicId">The incarnation that the offset belongs to; null before the first claim was over.</param>
/// <param name="Watermark">Null where none was ever known.</param>
/// <param name="RecreatedAt">
/// When its topic was last found to have been deleted and made again: what was counted before is in no log. Null: never.
/// </param>
public sealed record CountedPartition(SourcePartition Source, long NextOffset, string? TopicId, Instant? Watermark, Instant? RecreatedAt);

/// <summary>A refused event that counts after all.</summary>
/// <param name="Source">The partition that it was read from.</param>
/// <param name="Offset">Of its record.</param>
/// <param name="EventIndex">Its place in the record, from 0.</param>
/// <param name="RecordTime">The record's timestamp in milliseconds, -1 for none: offsets begin again with every incarnation of a topic.</param>
/// <param name="Key">Hour and platform that it counts in.</param>
/// <param name="Totals">Of it alone.</param>
public sealed record ReplayedEvent(
    SourcePartition Source, long Offset, int EventIndex, long RecordTime, BucketKey<Hour> Key, BucketTotals Totals)
{
    /// <summary>What it counts under in other rollups, by their names.</summary>
    public IReadOnlyDictionary<string, string> Others { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>What it adds to its hour, in each rollup.</summary>
    /// <param name="rollups">One that was added after the replay counts it as something else: its fields are not known any more.</param>
    /// <param name="compression">Of its digests.</param>
    public IEnumerable<PartialRow> ToRows(IReadOnlyList<Rollup> rollups, int compression)
    {
        var digests = new SpreadBytes(DigestOf(Spreads.Latency), DigestOf(Spreads.Ttft));
        return rollups.Select(rollup => new PartialRow(Key.Bucket, LabelIn(rollup), Totals, digests, rollup.Name));

        ReadOnlyMemory<byte> DigestOf(int spread)
        {
            if (Totals.Spreads[spread].Count == 0)
                return default;
            var digest = new TDigest(compression);
            digest.Add(Totals.Spreads[spread].MinMicros);
            return digest.ToBytes();
        }
    }

    /// <summary>What it counts under in one rollup.</summary>
    public string LabelIn(Rollup rollup) => rollup.Name == Rollup.Platform ? Key.Label : Others.GetValueOrDefault(rollup.Name, rollup.OtherLabel);
}

/// <summary>A recount of the hours from <paramref name="From"/> up to, not including, <paramref name="To"/>.</summary>
public sealed record HourSwap(Hour From, Hour To)
{
    /// <summary>Who makes it; decides what gives way.</summary>
    public required SwapKind Kind { get; init; }

    /// <summary>Every partition that the topics' metadata name: one without a row or a watermark leaves every hour open.</summary>
    public required IReadOnlyCollection<SourcePartition> Partitions { get; init; }

    /// <summary>Rollups that its contents do not tell of.</summary>
    public IReadOnlyCollection<string> LeftOut { get; init; } = [];

    /// <summary>Of merged digests.</summary>
    public required int Compression { get; init; }

    /// <summary>
    /// What the hours hold, given what is counted so far: asked for while nobody can write a checkpoint, so it has seconds.
    /// Null: it could not be told so soon, and nothing is written.
    /// </summary>
    public required Func<CountedSoFar, Task<IReadOnlyList<PartialRow>?>> Contents { get; init; }
}

/// <summary>What the state holds in the instant of a swap.</summary>
/// <param name="Partitions">Up to where each is counted.</param>
/// <param name="Replayed">How many events were replayed.</param>
public sealed record CountedSoFar(IReadOnlyList<CountedPartition> Partitions, long Replayed);

/// <summary>What gives way to a swap.</summary>
public enum SwapKind
{
    /// <summary>Nothing: an hour that holds anything counted here refuses it.</summary>
    Fill,

    /// <summary>What was counted here; rows of others stay where they count more.</summary>
    Replace,

    /// <summary>Whatever stands there, rows of others too: the log holds all of these hours.</summary>
    Rebuild,
}

/// <param name="IsDone">False: nothing was written.</param>
/// <param name="Refusing">The hours that refused it: they hold something, or they were published and are open again, because a partition has no
/// watermark yet.</param>
/// <param name="Rows">Rows written or deleted, hours and days.</param>
public sealed record SwapResult(bool IsDone, IReadOnlyList<Hour> Refusing, int Rows)
{
    /// <summary>Rollups of which nothing was written: they are complete from a later hour on, and the swap does not reach to it.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];
}
