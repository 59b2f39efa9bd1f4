using System.Globalization;
using System.Text;
using Confluent.Kafka;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Kafka.DeadLetters;

/// <summary>The letters of one record: what they have in common is copied once.</summary>
internal readonly ref struct RecordLetters
{
    /// <summary>So much of a record's key is kept: it tells who wrote it, and a hundred letters must not multiply a large one.</summary>
    public const int MaxKeyBytes = 1024;

    private readonly LogRecord record;
    private readonly byte[]? key, whole;
    private readonly (string Name, byte[] Text)[] common;

    /// <param name="record">Valid during the call that it came with.</param>
    /// <param name="kind">What the topic's events are: <c>usage</c>, <c>error</c> or <c>request</c>.</param>
    public RecordLetters(in LogRecord record, ReadOnlySpan<Refusal> refusals, string kind, Instant refusedAt)
    {
        this.record = record;
        key = record.HasKey ? record.Key[..Math.Min(record.Key.Length, MaxKeyBytes)].ToArray() : null;
        foreach (ref readonly Refusal refusal in refusals)
        {
            if (whole is null && IsWhole(refusal))
                whole = record.Value.ToArray();
        }

        var headers = new List<(string, byte[])>(7)
        {
            (DeadLetterHeaders.Topic, Text(record.Source.Topic)),
            (DeadLetterHeaders.Partition, Text(record.Source.Partition)),
            (DeadLetterHeaders.Offset, Text(record.Offset)),
            (DeadLetterHeaders.Time, Text(refusedAt.ToString())),
            (DeadLetterHeaders.Kind, Text(kind)),
        };
        if (record.TimestampMilliseconds is long timestamp)
            headers.Add((DeadLetterHeaders.RecordTimestamp, Text(timestamp)));

        if (record.Key.Length > MaxKeyBytes)
            headers.Add((DeadLetterHeaders.KeyTruncated, Text(record.Key.Length)));

        common = [.. headers];
    }

    public Letter Of(in Refusal refusal)
    {
        var headers = new Headers();
        foreach ((string name, byte[] text) in common)
            headers.Add(name, text);

        headers.Add(DeadLetterHeaders.Reason, Text(refusal.Reason));
        headers.Add(DeadLetterHeaders.Detail, Text(refusal.Detail));
        if (refusal.EventIndex != Refusal.WholeRecord)
            headers.Add(DeadLetterHeaders.EventIndex, Text(refusal.EventIndex));

        if (refusal.Events > 1)
            headers.Add(DeadLetterHeaders.Events, Text(refusal.Events));

        if (refusal.Places?.ToString() is { Length: > 0 } places)
            headers.Add(DeadLetterHeaders.Places, Text(places));

        byte[]? value = record.IsTombstone ? null : IsWhole(refusal) ? whole : record.Value.Slice(refusal.Start, refusal.Length).ToArray();
        return new Letter(new Message<byte[]?, byte[]?> { Key = key, Value = value, Headers = headers });
    }

    private bool IsWhole(in Refusal refusal) => refusal.EventIndex == Refusal.WholeRecord || refusal.Length == record.Value.Length;

    private static byte[] Text(long number) => Text(number.ToString(CultureInfo.InvariantCulture));

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);
}
