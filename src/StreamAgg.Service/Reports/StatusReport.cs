using System.Text.Json;
using StreamAgg.Core.Time;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Reports;

/// <summary>How far a pipeline is, at one instant.</summary>
/// <param name="Partitions">In (topic, partition) order: all that the brokers name and all that are stored.</param>
/// <param name="Watermark">The smallest one; null while a partition has none.</param>
/// <param name="OpenHours">Hours with events that are not closed yet.</param>
/// <param name="NextClose">When the first of these closes, in event time; null where none is open.</param>
/// <param name="DirtyHours">Closed hours whose contents changed since they were published.</param>
/// <param name="DirtyDays">Days that wait to be published, open ones included.</param>
/// <param name="RowsKept">Published rows of somebody else's that stayed because ours would count less.</param>
/// <param name="Gaps">What the log no longer held when it was to be read.</param>
internal sealed record StatusReport(
    IReadOnlyList<PartitionLine> Partitions, Instant? Watermark, long OpenHours, Instant? NextClose, long DirtyHours, long DirtyDays, long RowsKept,
    IReadOnlyList<GapLine> Gaps)
{
    public long? TotalLag => Partitions.Count == 0 || Partitions.Any(p => p.Lag is null) ? null : Partitions.Sum(p => p.Lag);

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartArray("partitions");
        foreach (var partition in Partitions)
            partition.WriteJson(json);
        json.WriteEndArray();
        json.WriteTimeOrNull("watermark", Watermark);
        json.WriteNumber("open_hours", OpenHours);
        json.WriteNumber("dirty_hours", DirtyHours);
        json.WriteNumber("rows_kept", RowsKept);
        json.WriteStartArray("gaps");
        foreach (var gap in Gaps)
            gap.WriteJson(json);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}

/// <summary>One partition; null is unknown: nobody has read it yet, nobody runs, or Kafka is away.</summary>
internal sealed record PartitionLine(
    string Topic, int Partition, string? Owner, long? NextOffset, long? LogEndOffset, Instant? Watermark)
{
    public long? Lag => NextOffset is { } next && LogEndOffset is { } end ? Math.Max(0, end - next) : null;

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("topic", Topic);
        json.WriteNumber("partition", Partition);
        json.WriteString("owner", Owner);
        json.WriteNumberOrNull("next_offset", NextOffset);
        json.WriteNumberOrNull("log_end_offset", LogEndOffset);
        json.WriteNumberOrNull("lag", Lag);
        json.WriteTimeOrNull("watermark", Watermark);
        json.WriteEndObject();
    }
}

/// <summary>Records from one offset up to, not including, another that were gone before they were read; the end is null where nobody can know it.</summary>
internal sealed record GapLine(string Topic, int Partition, long From, long? To, string Reason, Instant Time)
{
    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("topic", Topic);
        json.WriteNumber("partition", Partition);
        json.WriteNumber("from", From);
        json.WriteNumberOrNull("to", To);
        json.WriteString("reason", Reason);
        json.WriteString("time", Time.ToString());
        json.WriteEndObject();
    }
}
