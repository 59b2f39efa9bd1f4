using System.Text.Json;
using StreamAgg.Kafka.DeadLetters;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Reports;

/// <summary>A dead letter as it is listed; its place is the source's.</summary>
internal static class DeadLetterLine
{
    public static string Of(DeadLetter letter) =>
        $"{letter.Time}  {letter.Topic} {letter.Partition} {letter.Offset}  "
        + $"{Events(letter)}  {letter.Reason}  {letter.Detail}";

    /// <summary>The members of the list's objects; the event's index is null where the whole record was refused, of several the first's.</summary>
    public static void WriteMembers(Utf8JsonWriter json, DeadLetter letter)
    {
        json.WriteString("topic", letter.Topic);
        json.WriteNumber("partition", letter.Partition);
        json.WriteNumber("offset", letter.Offset);
        json.WriteOrNull("event_index", (long?)letter.EventIndex);
        json.WriteNumber("events", letter.Events);
        json.WriteString("reason", letter.Reason);
        json.WriteString("detail", letter.Detail);
        json.WriteString("time", letter.Time);
    }

    /// <summary>What of its record a letter stands for.</summary>
    public static string Events(DeadLetter letter) =>
        letter.EventIndex is not { } index ? "record"
        : letter.Events == 1 ? $"event {index}"
        : $"{letter.Events} events from {index} on";
}
