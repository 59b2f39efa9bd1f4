using System.Globalization;
using System.Text;
using Confluent.Kafka;
using StreamAgg.Core.Events;

namespace StreamAgg.Kafka.DeadLetters;

/// <summary>A message of the dead letters' topic as a letter. Whoever may write there may have written it: nothing in it is trusted.</summary>
internal static class LetterReading
{
    /// <returns>Null where it names no place in a source, or none that can be: then somebody else wrote it.</returns>
    public static DeadLetter? LetterOf(Message<byte[]?, byte[]?> message)
    {
        Headers headers = message.Headers;
        if (Text(headers, DeadLetterHeaders.Topic) is not { } source
            || Number(headers, DeadLetterHeaders.Partition) is not (>= 0 and <= int.MaxValue and var partition)
            || Number(headers, DeadLetterHeaders.Offset) is not (>= 0 and var offset)
            || !TryOptional(headers, DeadLetterHeaders.EventIndex, 0, int.MaxValue, out long? index)
            || !TryOptional(headers, DeadLetterHeaders.Events, 1, int.MaxValue, out long? events))
            return null;

        return new DeadLetter
        {
            Topic = source,
            Partition = (int)partition,
            Offset = offset,
            EventIndex = (int?)index,
            Events = events ?? 1,
            Places = Text(headers, DeadLetterHeaders.Places) is { } places ? EventPlaces.TryParse(places) : null,
            Reason = Text(headers, DeadLetterHeaders.Reason) ?? "",
            Detail = Text(headers, DeadLetterHeaders.Detail) ?? "",
            Time = Text(headers, DeadLetterHeaders.Time) ?? "",
            RecordTimestampMilliseconds = Number(headers, DeadLetterHeaders.RecordTimestamp),
            Kind = Text(headers, DeadLetterHeaders.Kind) ?? "",
            Key = message.Key,
            Value = message.Value ?? [],
            LengthBeforeCut = Number(headers, DeadLetterHeaders.Truncated),
            KeyLengthBeforeCut = Number(headers, DeadLetterHeaders.KeyTruncated),
        };
    }

    /// <returns>False where the header is there and holds no number of that range.</returns>
    private static bool TryOptional(Headers headers, string name, long min, long max, out long? number)
    {
        number = Number(headers, name);
        return number is { } given ? given >= min && given <= max : Text(headers, name) is null;
    }

    private static string? Text(Headers headers, string name) =>
        headers.TryGetLastBytes(name, out byte[] bytes) && bytes is not null ? Encoding.UTF8.GetString(bytes) : null;

    private static long? Number(Headers headers, string name) =>
        long.TryParse(Text(headers, name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : null;
}
