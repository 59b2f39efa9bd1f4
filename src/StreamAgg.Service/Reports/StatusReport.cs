using System.Text.Json;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Telemetry;
using StreamAgg.Postgres.Queries;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Reports;

/// <summary>How far a pipeline is, at one instant.</summary>
internal sealed record StatusReport
{
    /// <summary>In (topic, partition) order: all that the brokers name and all that are stored.</summary>
    public IReadOnlyList<PartitionLine> Partitions { get; init; } = [];

    /// <summary>The smallest one; null while a partition has none.</summary>
    public Instant? Watermark { get; init; }

    /// <summary>How far the watermark is behind the pipeline's clock; null where there is none.</summary>
    public TimeSpan? WatermarkAge { get; init; }

    /// <summary>How fast the pipeline's clock goes: 1, or a demonstration's.</summary>
    public double ClockSpeed { get; init; } = 1;

    /// <summary>Hours with events that are not closed yet.</summary>
    public long OpenHours { get; init; }

    /// <summary>When the first of these closes, in event time; null where none is open.</summary>
    public Instant? NextClose { get; init; }

    /// <summary>Closed hours whose contents changed since they were published.</summary>
    public long DirtyHours { get; init; }

    /// <summary>Days that wait to be published, open ones included.</summary>
    public long DirtyDays { get; init; }

    /// <summary>Published rows of somebody else's that stayed because ours would count less.</summary>
    public long RowsKept { get; init; }

    /// <summary>What the log no longer held when it was to be read.</summary>
    public IReadOnlyList<GapLine> Gaps { get; init; } = [];

    /// <summary>Beside that by platform.</summary>
    public IReadOnlyList<RollupStatus> Rollups { get; init; } = [];

    public EventFigures Events { get; init; } = EventFigures.None;

    /// <summary>Of the state's tables with their indexes, in bytes, the largest first.</summary>
    public IReadOnlyList<(string Table, long Bytes)> Sizes { get; init; } = [];

    /// <summary>Why the brokers' part is missing; null where they answered.</summary>
    public string? KafkaSilence { get; init; }

    /// <summary>What the process that answers knows of itself; null where it is not one that runs the pipeline.</summary>
    public PipelineVitals? Process { get; init; }

    public long? TotalLag => Partitions.Count == 0 || Partitions.Any(p => p.Lag is null) ? null : Partitions.Sum(p => p.Lag);

    /// <summary>Since the last checkpoint of the partition that waits longest for one; null where none was ever written.</summary>
    public TimeSpan? CheckpointAge => Partitions.Max(p => p.CheckpointAge);

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartArray("partitions");
        foreach (var partition in Partitions)
            partition.WriteJson(json);
        json.WriteEndArray();
        json.WriteOrNull("watermark", Watermark);
        json.WriteOrNull("watermark_age_seconds", WatermarkAge?.TotalSeconds);
        json.WriteOrNull("checkpoint_age_seconds", CheckpointAge?.TotalSeconds);
        json.WriteNumber("open_hours", OpenHours);
        json.WriteNumber("dirty_hours", DirtyHours);
        json.WriteNumber("rows_kept", RowsKept);
        json.WriteStartArray("gaps");
        foreach (var gap in Gaps)
            gap.WriteJson(json);
        json.WriteEndArray();
        Events.WriteJson(json);
        json.WriteStartArray("rollups");
        foreach (RollupStatus rollup in Rollups)
        {
            json.WriteStartObject();
            json.WriteString("name", rollup.Name);
            json.WriteOrNull("complete_from", rollup.CompleteFrom);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartObject("state_bytes");
        foreach (var (table, bytes) in Sizes)
            json.WriteNumber(table, bytes);
        json.WriteEndObject();
        json.WriteString("kafka_silence", KafkaSilence);
        WriteProcess(json);
        json.WriteEndObject();
    }

    private void WriteProcess(Utf8JsonWriter json)
    {
        if (Process is not { } process)
        {
            json.WriteNull("process");
            return;
        }

        json.WriteStartObject("process");
        json.WriteNumber("checkpoint_age_seconds", process.CheckpointAge.TotalSeconds);
        json.WriteNumber("checkpoints_failed", process.FailedCheckpoints);
        json.WriteNumber("publications_failed", process.FailedPublications);
        json.WriteNumber("letters_pending", process.PendingLetters);
        json.WriteNumber("letters_pending_bytes", process.PendingLetterBytes);
        json.WriteNumber("held_bytes", process.HeldBytes);
        json.WriteBoolean("paused", process.IsPaused);
        json.WriteEndObject();
    }
}

/// <summary>One partition; null is unknown: nobody has read it yet, nobody runs, or Kafka is away.</summary>
internal sealed record PartitionLine(
    string Topic, int Partition, string? Owner, long? NextOffset, long? LogEndOffset, Instant? Watermark)
{
    public TimeSpan? CheckpointAge { get; init; }

    /// <summary>Where it is less than the log's end, the first offset of a transaction that is open.</summary>
    public long? LastStableOffset { get; init; }

    /// <summary>True where all that is decided is read, and what lies behind waits for a transaction's end.</summary>
    public bool WaitsForTransaction => LastStableOffset < LogEndOffset && NextOffset >= LastStableOffset;

    public long? Lag => NextOffset is { } next && LogEndOffset is { } end ? Math.Max(0, end - next) : null;

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("topic", Topic);
        json.WriteNumber("partition", Partition);
        json.WriteString("owner", Owner);
        json.WriteOrNull("next_offset", NextOffset);
        json.WriteOrNull("log_end_offset", LogEndOffset);
        json.WriteOrNull("last_stable_offset", LastStableOffset);
        json.WriteOrNull("lag", Lag);
        json.WriteOrNull("watermark", Watermark);
        json.WriteOrNull("checkpoint_age_seconds", CheckpointAge?.TotalSeconds);
        json.WriteEndObject();
    }
}

/// <summary>Records from one offset up to, not including, another that were gone before they were read; the end is null where unknown.</summary>
internal sealed record GapLine(string Topic, int Partition, long From, long? To, string Reason, Instant Time)
{
    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("topic", Topic);
        json.WriteNumber("partition", Partition);
        json.WriteNumber("from", From);
        json.WriteOrNull("to", To);
        json.WriteString("reason", Reason);
        json.WriteString("time", Time.ToString());
        json.WriteEndObject();
    }
}
