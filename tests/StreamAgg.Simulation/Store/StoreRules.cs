namespace StreamAgg.Simulation.Store;

/// <summary>The rules of the store protocol that a mutant takes out, one at a time. All true: the protocol as written.</summary>
internal sealed record StoreRules
{
    public static StoreRules Protocol { get; } = new();

    /// <summary>A checkpoint compares the fence at all.</summary>
    public bool ComparesFence { get; init; } = true;

    /// <summary>A swap raises the epochs: what members hold of its hours in memory is void.</summary>
    public bool SwapFences { get; init; } = true;

    /// <summary>What a swap puts in place has a larger rev than all that was there.</summary>
    public bool SwapRaisesRev { get; init; } = true;

    /// <summary>A swap takes the hours' partials away.</summary>
    public bool SwapTakesPartials { get; init; } = true;

    /// <summary>A replay waits for a swap, and a swap for replays.</summary>
    public bool ReplayWaitsForSwap { get; init; } = true;

    /// <summary>An event that was replayed is remembered.</summary>
    public bool RemembersReplays { get; init; } = true;

    /// <summary>The fence compares the checkpoint's number.</summary>
    public bool ComparesCheckpoint { get; init; } = true;

    /// <summary>A claim loads the partials in a statement after the one that raised the epoch.</summary>
    public bool LoadsAfterClaim { get; init; } = true;

    /// <summary>What became of the events is written in the checkpoint's transaction.</summary>
    public bool TalliesInCheckpoint { get; init; } = true;

    /// <summary>A fold adds to the base that is there; otherwise it replaces it.</summary>
    public bool AddsToBase { get; init; } = true;

    /// <summary>A fold into a base that is there raises its rev.</summary>
    public bool RaisesBaseRev { get; init; } = true;

    /// <summary>A fold counts the change that no checkpoint has written before as a rev.</summary>
    public bool CountsFoldedChange { get; init; } = true;

    /// <summary>A mark that is there already takes a new number.</summary>
    public bool RenewsMark { get; init; } = true;

    /// <summary>A mark is cleared only while it is the one that was seen.</summary>
    public bool ComparesMark { get; init; } = true;

    /// <summary>Marks, base and partials come from one snapshot.</summary>
    public bool ReadsOneSnapshot { get; init; } = true;

    /// <summary>The base is among an hour's inputs.</summary>
    public bool ReadsBase { get; init; } = true;

    /// <summary>An hour's sketch is replaced only by one of a larger input rev.</summary>
    public bool GuardsHour { get; init; } = true;

    /// <summary>A day's sketch likewise.</summary>
    public bool GuardsDay { get; init; } = true;

    /// <summary>A day waits until none of its hours is marked.</summary>
    public bool GatesDay { get; init; } = true;

    /// <summary>A day's row is not written while somebody else's row stands for an hour of it that was never seen.</summary>
    public bool HoldsDay { get; init; } = true;

    /// <summary>A day is published in a transaction of its own.</summary>
    public bool PublishesDayApart { get; init; } = true;

    /// <summary>A claim ends the member whose rollups are not the database's.</summary>
    public bool ClaimComparesRollups { get; init; } = true;

    /// <summary>It asks for them once it holds the partition's row.</summary>
    public bool ClaimComparesUnderLock { get; init; } = true;

    /// <summary>Where a partition was counted without a rollup, that begins behind all that was counted.</summary>
    public bool ClaimMovesRollup { get; init; } = true;

    /// <summary>With the hour behind the last one that was begun.</summary>
    public bool RollupBeginsWithWholeHour { get; init; } = true;

    /// <summary>A rollup is published once the owners of all partitions count it.</summary>
    public bool RollupWaitsForOwners { get; init; } = true;

    /// <summary>A swap leaves a rollup out that an owner does not count.</summary>
    public bool SwapLeavesIncomplete { get; init; } = true;

    /// <summary>A migration waits for replays and swaps, and they for it.</summary>
    public bool MigrationWaits { get; init; } = true;

    /// <summary>Rows are locked in one order everywhere.</summary>
    public bool LocksInOrder { get; init; } = true;
}
