using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Http.Page;

/// <summary>Whether the aggregator itself does its work, in a word and a reason.</summary>
internal sealed record Health(string Level, string Word, string Reason)
{
    /// <summary>An hour's rows may come this late before anybody is to look.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(15);

    /// <summary>Whoever reads writes a checkpoint well within it.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(1);

    public static Health Of(StatusReport status)
    {
        string[] owners = [.. status.Partitions.Select(partition => partition.Owner).OfType<string>().Distinct()];
        // Brokers that do not tell who the members are leave the checkpoints to judge by.
        bool isRead = owners.Length > 0 || status.Partitions.Min(partition => partition.CheckpointAge) < Silence;
        int orphans = owners.Length == 0 ? 0 : status.Partitions.Count(partition => partition.Owner is null);
        return status switch
        {
            { KafkaSilence: { } silence } => new(Judgement.Bad, "Kafka is silent", $"{silence}. What is read by now stays as it is."),
            { Partitions.Count: 0 } => new(Judgement.Warn, "Nothing to read", "No partition of the input topics is known yet."),
            _ when !isRead => new(Judgement.Bad, "Nobody reads", "No member of the consumer group has a partition: start `streamagg run`."),
            { Process.IsPaused: true } => new(Judgement.Bad, "Reading is paused", "Memory is at its bound until PostgreSQL takes what is held."),
            { Gaps.Count: > 0 } => new(Judgement.Bad, "Records are missing", $"{Plural(status.Gaps.Count, "gap")}: see Pipeline below, and OnGap."),
            _ when orphans > 0 => new(Judgement.Warn, "Not all is read",
                $"{Plural(orphans, "partition")} of {status.Partitions.Count} without a reader: a rebalance, or a member is missing."),
            { WatermarkAge: null } => new(Judgement.Warn, "Starting", "A partition has no watermark yet: no hour closes before it has."),
            _ when status.WatermarkAge > Late * status.ClockSpeed => new(Judgement.Warn, "Behind",
                $"{Readable.Age(status.WatermarkAge)} behind the clock, {Lag(status)}."),
            _ => new(Judgement.Ok, "Healthy",
                $"{Readable.Age(status.WatermarkAge)} behind the clock, {Lag(status)}{(owners.Length > 0 ? $", {Plural(owners.Length, "member")}" : "")}."),
        };
    }

    public static string Plural(long count, string noun) => $"{Readable.Count(count)} {noun}{(count == 1 ? "" : "s")}";

    private static string Lag(StatusReport status) => status.TotalLag is { } lag ? $"{Plural(lag, "record")} to read" : "lag unknown";
}
