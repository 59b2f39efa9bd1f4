using StreamAgg.Simulation.Store;

namespace StreamAgg.Simulation.Mutants;

/// <summary>Small wrong changes that the simulation has to find: they show that it could.</summary>
internal static class MutantList
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        new("no fence") { Rules = StoreRules.Protocol with { ComparesFence = false } },
        new("fence without the checkpoint's number") { Rules = StoreRules.Protocol with { ComparesCheckpoint = false } },
        new("partials loaded before the claim, not after") { Rules = StoreRules.Protocol with { LoadsAfterClaim = false } },
        new("partials not loaded at all") { Store = static (store, _) => new LoadsNothing(store) },
        new("fold without detaching") { Store = static (store, _) => new FoldsWithoutDetaching(store) },
        new("outcomes told beside the checkpoint") { Rules = StoreRules.Protocol with { TalliesInCheckpoint = false } },
        new("base overwritten instead of added to") { Rules = StoreRules.Protocol with { AddsToBase = false } },
        new("base's rev not raised") { Rules = StoreRules.Protocol with { RaisesBaseRev = false } },
        new("folded change not counted as a rev") { Rules = StoreRules.Protocol with { CountsFoldedChange = false } },
        new("mark not renewed") { Rules = StoreRules.Protocol with { RenewsMark = false } },
        new("mark cleared without comparing") { Rules = StoreRules.Protocol with { ComparesMark = false } },
        new("publish from two snapshots") { Rules = StoreRules.Protocol with { ReadsOneSnapshot = false } },
        new("base forgotten in the merge") { Rules = StoreRules.Protocol with { ReadsBase = false } },
        new("hour's sketch not guarded by its rev") { Rules = StoreRules.Protocol with { GuardsHour = false } },
        new("day's sketch not guarded by its rev") { Rules = StoreRules.Protocol with { GuardsDay = false } },
        new("day published while its hours are marked") { Rules = StoreRules.Protocol with { GatesDay = false } },
        new("day written over hours that were never seen") { Rules = StoreRules.Protocol with { HoldsDay = false } },
        new("day in its hour's transaction") { Rules = StoreRules.Protocol with { PublishesDayApart = false } },
        new("rows locked in any order") { Rules = StoreRules.Protocol with { LocksInOrder = false } },
        new("revoke without a checkpoint, then writing anyway")
        {
            Handler = static handler => new KeepsWhatItGaveUp(handler), Store = static (store, _) => new WritesAnyway(store),
        },
        new("fenced owner writes anyway") { Store = static (store, _) => new WritesAnyway(store) },
        new("fenced partition dropped for good") { Store = static (store, _) => new DropsForGood(store) },
        new("parameters used again after a retry") { Store = static (store, _) => new KeepsParameters(store) },
        new("unknown commit taken for a failed one") { Store = static (store, _) => new TakesUnknownForFailed(store) },
        new("watermark by timer") { Metadata = static (metadata, consumer) => new WatermarkByTimer(metadata, consumer) },
        new("events ahead of the clock move the watermark") { Store = static (store, _) => new CountsEventsAhead(store) },
        new("topic's id asked only once") { Metadata = static (metadata, _) => new RemembersTopics(metadata) },
        new("rebuild raises no epoch") { Rules = new StoreRules { SwapFences = false } },
        new("rebuild keeps the revs") { Rules = new StoreRules { SwapRaisesRev = false } },
        new("rebuild leaves partials") { Rules = new StoreRules { SwapTakesPartials = false } },
        new("replay beside a rebuild") { Rules = new StoreRules { ReplayWaitsForSwap = false } },
        new("replay counted each time") { Rules = new StoreRules { RemembersReplays = false } },
        new("rollups not compared by a claim") { Rules = new StoreRules { ClaimComparesRollups = false } },
        new("rollups compared before the claim's lock") { Rules = new StoreRules { ClaimComparesUnderLock = false }, Patience = 6000 },
        new("rollup whole where it was not counted") { Rules = new StoreRules { ClaimMovesRollup = false } },
        new("rollup begins within an hour") { Rules = new StoreRules { RollupBeginsWithWholeHour = false } },
        new("rollup published that an owner does not count") { Rules = new StoreRules { RollupWaitsForOwners = false } },
        new("rebuild takes in what an owner does not count") { Rules = new StoreRules { SwapLeavesIncomplete = false }, Patience = 6000 },
        new("rollup added beside a replay") { Rules = new StoreRules { MigrationWaits = false } },
        new("reading never pauses") { Log = static log => new NeverPauses(log) },
        new("partials never folded") { Store = static (store, _) => new NeverFolds(store) },
        new("gaps not recorded") { Store = static (store, _) => new HidesGaps(store) },
        new("epoch kept behind a control record") { Store = static (store, _) => new KeepsEpochOfRecordBefore(store) },
        new("claimed again while it is given up") { Store = static (store, owner) => new ClaimsWhatItGivesUp(store, owner) },
        new("claim goes on while it is given up") { Store = static (store, _) => new ClaimsToTheEnd(store) },
        new("truncated log judged by its ends") { Handler = static handler => new ForgetsSharedEnd(handler) },
        new("largest value no centroid of its own") { Store = static (store, _) => new BlursLargestValue(store) },
        new("dead letter after the checkpoint") { Letters = static letters => new LettersAfterCheckpoint(letters) },
    ];

    /// <summary>Changes that the design bears, because the fence does: nothing may be found, or the simulation cries wolf.</summary>
    public static IReadOnlyList<Mutant> Harmless { get; } =
    [
        new("revoke without a checkpoint") { Handler = static handler => new RevokesWithoutCheckpoint(handler) },
        new("unknown commit taken for a done one") { Store = static (store, _) => new TakesUnknownForDone(store) },
    ];

    /// <returns>Null where none has that name.</returns>
    public static Mutant? Find(string name) => All.Concat(Harmless).FirstOrDefault(mutant => mutant.Name == name);
}
