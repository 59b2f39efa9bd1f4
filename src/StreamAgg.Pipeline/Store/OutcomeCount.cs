namespace StreamAgg.Pipeline.Store;

/// <summary>How many events of a partition had one outcome since the checkpoint before: what a checkpoint adds to the tally in the store.</summary>
/// <param name="Reason">From a bounded set; empty where there is none to give.</param>
/// <param name="Events">1 or more.</param>
public readonly record struct OutcomeCount(string Outcome, string Reason, long Events);

/// <summary>What can become of an event. Accepted and refused together are what was read.</summary>
public static class EventOutcome
{
    public const string Accepted = "accepted";

    /// <summary>In the dead letters, with its reason. A record that is refused whole counts as one.</summary>
    public const string Refused = "refused";

    /// <summary>Accepted, and its duration left out of the latencies.</summary>
    public const string DurationLeftOut = "left_out";

    /// <summary>A record that holds no event.</summary>
    public const string Skipped = "skipped";
}
