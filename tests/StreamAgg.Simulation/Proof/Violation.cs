namespace StreamAgg.Simulation.Proof;

/// <summary>A promise that was broken: which one, and how.</summary>
internal sealed record Violation(string Invariant, string What);

/// <summary>The promises, named as a failing run names them.</summary>
internal static class Invariants
{
    public const string ExactlyOnce = "every accepted event is counted exactly once";
    public const string StateIsPrefix = "base and partials hold exactly the events below each next offset";
    public const string Tallies = "the tallies of outcomes are those of the events below each next offset";
    public const string RowIsPrefix = "a published row is a recount of a prefix of each partition";
    public const string NeverDown = "a published count never goes down";
    public const string RowsAreTrue = "at rest every row equals the recount of the log";
    public const string Percentile = "p99 lies within the digest's bound";
    public const string Letters = "a refused event is in the dead letters before the checkpoint that passes it";
    public const string Gaps = "what the log lost before it was read is recorded as a gap";
    public const string NoFalseGap = "a gap is recorded only where records were lost";
    public const string Watermark = "a watermark never passes what is known to be complete";
    public const string ClosedOnly = "a row is published only once its hour is closed";
    public const string NoDeadlock = "the lock order allows no deadlock";
    public const string Bounded = "memory, partials and marks stay under their bounds";
    public const string Wakeups = "whatever is not published yet is marked";
    public const string OwnClaims = "a member claims only what is its own";
    public const string Liveness = "when faults stop, everything gets done in bounded time";
    public const string NoSurprise = "the pipeline throws only what its ports announce";
    public const string Start = "a topic starts where the configuration says";
}
