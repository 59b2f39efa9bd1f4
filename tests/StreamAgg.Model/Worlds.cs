namespace StreamAgg.Model;

/// <summary>The small worlds that are explored: those in which the protocol holds, and those in which one rule of it is taken out.</summary>
internal static class Worlds
{
    private static readonly byte[][] ThreeAndOne = [[0, 1, 0], [0]];
    private static readonly byte[][] ThreeAndTwo = [[0, 1, 0], [0, 1]];
    private static readonly byte[][] ThreeAndLast = [[0, 1, 0], [1]];

    /// <summary>Every one of them has to hold in every state.</summary>
    public static IReadOnlyList<Rules> Holding { get; } =
    [
        Owning("ownership: a rebalance, a crash") with { Rebalances = 1, Crashes = 1 },
        Owning("ownership: a rebalance, a lost answer") with { Rebalances = 1, LostAnswers = 1 },
        Owning("ownership: a zombie's late claim") with { Rebalances = 1, ZombieClaims = 1 },
        Owning("ownership: a failure, both hours fold, reads go on") with { Failures = 1, Folds = 3, ReadsWhileCommitting = true },
        Owning("ownership: a lost answer, reads go on") with { LostAnswers = 1, ReadsWhileCommitting = true },
        Publishing("publishing: two publishers"),
        Publishing("publishing: a lost answer") with { LostAnswers = 1, Logs = ThreeAndOne },
        Publishing("publishing: a rebalance") with { Rebalances = 1, Logs = ThreeAndOne },
        Publishing("days: two publishers") with { HasDay = true, Logs = ThreeAndLast },
        new("locks: every one a step, both hours fold, no deadlock")
        {
            Logs = [[0, 1], [1, 0]], Folds = 3, Publishers = 2, IsFine = true,
        },
    ];

    /// <summary>Every one of them has to show a violation.</summary>
    public static IReadOnlyList<Rules> Broken { get; } =
    [
        Owning("no fence") with { Rebalances = 1, ComparesEpoch = false },
        Owning("a fence without the checkpoint's number") with { LostAnswers = 1, ComparesCheckpoint = false },
        Owning("an unknown commit taken for done") with { LostAnswers = 1, ReadsFencesBack = false },
        Owning("partials loaded before the claim") with { Rebalances = 1, Crashes = 1, LoadsAfterClaim = false },
        Owning("a fold that is not detached") with { ReadsWhileCommitting = true, Detaches = false },
        Owning("a base that is overwritten") with { Logs = ThreeAndTwo, AddsToBase = false },
        Owning("a fenced partition dropped for good") with { Rebalances = 1, ZombieClaims = 1, ClaimsAgain = false },
        Owning("locks in any order") with { Logs = [[0, 1], [0, 1]], Late = [0, 0], Folds = 3, IsFine = true, LocksInOrder = false },
        Publishing("a folded change that is no rev") with { CountsFoldedChange = false },
        Publishing("a mark that is not renewed") with { RenewsMark = false },
        Publishing("a mark cleared without comparing") with { ComparesMark = false },
        Publishing("two snapshots") with { ReadsOneSnapshot = false },
        Publishing("an hour without its guard") with { GuardsHour = false },
        Publishing("a day in its hour's transaction") with { HasDay = true, PublishesDayApart = false },
        Publishing("a day that does not wait for its hours") with { HasDay = true, GatesDay = false },
        Publishing("a day without its guard") with { HasDay = true, GuardsDay = false },
    ];

    private static Rules Owning(string name) => new(name) { Logs = ThreeAndOne, Late = [1, 0] };

    private static Rules Publishing(string name) => new(name) { Logs = ThreeAndTwo, Late = [1, 0], Publishers = 2 };
}
