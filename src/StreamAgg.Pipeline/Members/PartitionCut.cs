using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Pipeline.Telemetry;

namespace StreamAgg.Pipeline.Members;

/// <summary>One partition's contents at the instant of a checkpoint: rows already encoded, so that counting may go on.</summary>
internal sealed class PartitionCut
{
    /// <summary>Of a row and its key, without the digest: measured, rounded up.</summary>
    private const int RowBytes = 400;

    private readonly List<PartialRow> changedRows;
    private readonly List<Fold> folds;

    public PartitionCut(PartitionState state, List<Partial> kept, List<Partial> folded, List<Gap> gaps, IReadOnlyList<OutcomeCount> outcomes)
    {
        State = state;
        Kept = kept;
        Folded = folded;
        Gaps = gaps;
        Outcomes = outcomes;
        Fence = state.Fence;
        TopicId = state.TopicId;
        NextOffset = state.Position;
        LeaderEpoch = state.LeaderEpoch;
        MaxEventTime = state.Times.Latest;
        StoredWatermark = state.Watermark;
        HasUnsaved = state.HasUnsaved || folded.Count > 0;
        changedRows = kept.ConvertAll(RowOf);
        folds = folded.ConvertAll(partial => new Fold(RowOf(partial), partial.Changed));
        foreach (var row in changedRows)
            Bytes += RowBytes + row.Digests.Length;
        foreach (var partial in folded)
            Bytes += RowBytes + partial.Bytes;
    }

    public PartitionState State { get; }

    /// <summary>Changed and still counted into.</summary>
    public List<Partial> Kept { get; }

    /// <summary>Detached, on their way into the base.</summary>
    public List<Partial> Folded { get; }

    public List<Gap> Gaps { get; }

    public IReadOnlyList<OutcomeCount> Outcomes { get; }

    public SourcePartition Source => State.Source;

    public Fence Fence { get; }

    public string TopicId { get; }

    public long NextOffset { get; }

    public int? LeaderEpoch { get; }

    public Instant? MaxEventTime { get; }

    public Instant? StoredWatermark { get; }

    public bool HasUnsaved { get; }

    /// <summary>What it keeps in memory until its verdict.</summary>
    public long Bytes { get; }

    public int RowCount => changedRows.Count + folds.Count;

    /// <summary>Rows whose contents no committed checkpoint holds: a partial that only leaves for the base is not one of them.</summary>
    public int UnsavedCount => changedRows.Count + folds.Count(fold => fold.Changed);

    public PartitionCheckpoint ToCheckpoint(Instant? watermark) => new()
    {
        Source = Source,
        Fence = Fence,
        NextOffset = NextOffset,
        LeaderEpoch = LeaderEpoch,
        Watermark = watermark,
        Changed = changedRows,
        Folds = folds,
        Gaps = Gaps,
        Outcomes = Outcomes,
    };

    /// <summary>Tells telemetry what this cut, now committed, adds to what it was told before.</summary>
    public void CountRequests(StreamAggMetrics metrics)
    {
        for (int i = 0; i < Kept.Count; i++)
            CountRequests(metrics, Kept[i], changedRows[i]);
        for (int i = 0; i < Folded.Count; i++)
            CountRequests(metrics, Folded[i], folds[i].Row);
    }

    private static void CountRequests(StreamAggMetrics metrics, Partial partial, PartialRow row)
    {
        if (row.Rollup != Rollup.Platform)
            return;
        var counted = RequestOutcomes.Of(row.Totals);
        metrics.Requests(row.Label, counted - partial.Reported);
        partial.Reported = counted;
    }

    private static PartialRow RowOf(Partial partial) =>
        new(partial.Hour, partial.Label, partial.Totals, partial.EncodeDigest(), partial.Rollup);
}
