using System.Text;
using Confluent.Kafka;
using StreamAgg.Kafka.DeadLetters;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Store;
using StreamAgg.Service.Recounts;

namespace StreamAgg.Fuzz.Targets;

/// <summary>A message of the dead letters' topic: no letter, or one that a replay can judge. Here headers are lines, and the value is behind an empty one.</summary>
internal sealed class LetterTarget : Target
{
    private static readonly byte[] EmptyLine = "\n\n"u8.ToArray(), Colon = ": "u8.ToArray();

    private readonly LetterEvents events = new(new PipelineOptions());

    public override string Name => "letters";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. ((string[])
        [
            Letter("bad_field:duration_ms", """{"platform":"a","duration_ms":{}}""", "event_index: 3"),
            Letter("malformed_json", "{\"platform\":\"a\"", "key_truncated: 2000"),
            Letter("unknown_shape", "[" + string.Join(',', Enumerable.Repeat("{\"a\":1}", 150)) + "]", "events: 150", "event_places: 0-57,60,62-152", "event_index: 0"),
            Letter("too_old", """[{"platform":"a"},{"platform":"b"}] {"status_code":500}""", "truncated: 5000000"),
            Letter("bad_platform", """{"platform":"a"} {"platform":"b"}""", "events: 2", "event_places: 1", "record_timestamp: 1767608430000"),
            Letter("bad_field:platform", "\0\0\0\0\u0011{\"platform\":\"a\"}", "event_index: 0"),
            Letter("malformed_json", "\0\0\0\0\u0011[{\"platform\":\"a\"},{\"platform\":\"b\"}]"),
            "streamagg.topic: t\n\n{}",
            "other: header\n\nvalue",
        ]).Select(Encoding.UTF8.GetBytes),
    ];

    public override IReadOnlyList<byte[]> Words { get; } =
    [
        .. ((string[])
        [
            "\n", "\n\n", ": ", "-", ",", "0-", "0,", "-1", "+1", "2147483647", "2147483648", "4294967296", "4294967297", "-2147483649", "9223372036854775807", "9223372036854775808",
            "0-2147483647", "2147483647-0", "{\"platform\":\"a\"} ", "[", "]", "0 ",
            DeadLetterHeaders.Topic, DeadLetterHeaders.Partition, DeadLetterHeaders.Offset, DeadLetterHeaders.EventIndex, DeadLetterHeaders.Events, DeadLetterHeaders.Places,
            DeadLetterHeaders.Kind, DeadLetterHeaders.RecordTimestamp, "\nstreamagg.kind: usage\n", "\nstreamagg.kind: error\n", "\nstreamagg.event_index: ", "\nstreamagg.partition: ",
        ]).Select(Encoding.UTF8.GetBytes),
        [0], [0xFF], [0xC3],
    ];

    protected override string Read(byte[] input)
    {
        if (LetterReading.LetterOf(Message(input)) is not { } letter)
            return "none";

        Promise(letter.Partition >= 0 && letter.Offset >= 0 && letter.EventIndex is null or >= 0 && letter.Events >= 1, "its place is none");
        Promise(letter.EventIndex is null || Text(input, DeadLetterHeaders.EventIndex) == letter.EventIndex.Value, "its place is another than is written");
        Promise(Text(input, DeadLetterHeaders.Partition) == letter.Partition, "its partition is another than is written");
        if (LetterEvents.WhyUnreadable(letter) is { } why)
            return why;
        IReadOnlyList<ReplayedEvent> accepted = events.Judge(letter);
        Promise(accepted.All(one => one.Source.Partition == letter.Partition && one.Offset == letter.Offset && one.EventIndex >= 0), "an event's place is none");
        Promise(accepted.Select(one => one.EventIndex).Distinct().Count() == accepted.Count, "two events have one place");
        Promise(events.Refused.Count < 100, "reasons are without end");
        return $"{letter.Kind} {letter.Events > 1} {letter.EventIndex is null} {Math.Min(accepted.Count, 3)}";
    }

    private static Message<byte[]?, byte[]?> Message(ReadOnlySpan<byte> input)
    {
        int end = input.IndexOf(EmptyLine);
        var headers = new Headers();
        foreach ((string name, byte[] text) in Lines(end < 0 ? input : input[..end]))
            headers.Add(name, text);
        return new Message<byte[]?, byte[]?> { Headers = headers, Value = end < 0 ? null : input[(end + EmptyLine.Length)..].ToArray() };
    }

    private static List<(string Name, byte[] Text)> Lines(ReadOnlySpan<byte> block)
    {
        var lines = new List<(string, byte[])>();
        foreach (Range line in block.Split((byte)'\n'))
        {
            int colon = block[line].IndexOf(Colon);
            if (colon >= 0)
                lines.Add((Encoding.UTF8.GetString(block[line][..colon]), block[line][(colon + Colon.Length)..].ToArray()));
        }
        return lines;
    }

    /// <summary>The number that the last header of that name says, however long it is.</summary>
    private static System.Numerics.BigInteger? Text(byte[] input, string name) =>
        Message(input).Headers.TryGetLastBytes(name, out byte[] bytes) && System.Numerics.BigInteger.TryParse(Encoding.UTF8.GetString(bytes), out var number) ? number : null;

    private static string Letter(string reason, string value, params string[] more) => string.Join('\n',
    [
        "streamagg.topic: gateway.usage", "streamagg.partition: 2", "streamagg.offset: 4711", "streamagg.time: 2026-01-05T10:20:30Z", "streamagg.kind: usage",
        $"streamagg.reason: {reason}", "streamagg.detail: a line", .. more.Select(line => "streamagg." + line), "", value,
    ]);
}
