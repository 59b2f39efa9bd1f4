using System.Text;
using System.Text.Unicode;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Events;

namespace StreamAgg.Fuzz.Targets;

/// <summary>The decoder of events: a record is counted or refused with a reason, and nothing beside its bytes has a say.</summary>
internal sealed class RecordTarget : Target
{
    private const long RecordTime = 1_767_608_430_000;
    private const int MaxDetail = 2000;

    /// <summary>Lies before and behind every other record: a byte read there would be an event, or would end a value.</summary>
    private static readonly byte[] Beside = "{\"platform\":\"beside\"}]}\" "u8.ToArray();

    private static readonly string[] Reasons =
    [
        RefusalReason.MalformedJson, RefusalReason.TooLarge, RefusalReason.NotAnObject, RefusalReason.UnknownShape, RefusalReason.BadPlatform,
        RefusalReason.TooOld, RefusalReason.InFuture,
    ];

    private readonly EventDecoder plain = new(TimeSpan.FromMinutes(5));
    private readonly EventDecoder again = new(TimeSpan.FromMinutes(5));
    private readonly EventDecoder other = new(TimeSpan.Zero, new EventOptions { LabelCase = LabelCase.Lower, TimeUnit = TimeUnit.Seconds, DurationUnit = TimeUnit.Nanoseconds });
    private readonly StringBuilder made = new();

    public override string Name => "records";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. ((string[])
        [
            """{"created_at":"2026-01-05T10:20:30.123Z","platform":"anthropic","duration_ms":912.4}""",
            """{"created_at":1767608430000,"platform":"openai","status_code":504,"error_type":"timeout","is_timeout":true,"error_message":"timed out"}""",
            """[{"platform":" É 😀 ","duration_ms":"-5","x":{"y":[1,-2.5e-3,"\u0000"]}},{"group_platform":7,"duration_ms":1e300},5,null,{}]""",
            "{\"created_at\":\"2026-01-05 10:20:30+0800\",\"platform\":\"\\ud83d\\ude00\",\"status_code\":\"502\"}\n{\"account_platform\":\"b\",\"is_timeout\":\"False\"} []",
            """{"pl\u0061tform":"a","dur\u0061tion_ms":86400000.0005,"error_message":{"a":["deadline exceeded"]}}""",
            """{"schema":{},"payload":{"before":null,"after":{"platform":"a"}}}""",
            "[" + string.Join(',', Enumerable.Repeat("{\"platform\":{}}", 120)) + "]",
            new string('[', 64) + new string(']', 64),
            "\0\0\0\0\u0011[{\"platform\":\"a\",\"duration_ms\":1},{\"platform\":{}}]",
        ]).Select(Encoding.UTF8.GetBytes),
    ];

    public override IReadOnlyList<byte[]> Words { get; } =
    [
        .. ((string[])
        [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0000", "\\ud83d", "\\ude00", "null", "true", "false", "-0", "1e400", "-1e-400", "9223372036854775808", "0.0000005",
            "created_at", "platform", "group_platform", "duration_ms", "status_code", "is_timeout", "error_message", "2026-01-05T10:20:30.1234567Z", "1999-12-31T23:59:60Z",
            "+23:59", "-08", "9999-12-31T23:59:59.9999999-23:59", "253402300800000", "946684799999", "\uFEFF", "İ", "Ⱥ", "𐐀", "\t",
        ]).Select(Encoding.UTF8.GetBytes),
        [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF], [0, 0xFF, 0xFE, 0xC3, 0],
    ];

    protected override string Read(byte[] input)
    {
        made.Clear();
        byte[] surrounded = [.. Beside, .. input, .. Beside];
        plain.Decode(EventKind.Usage, input, RecordTime);
        again.Decode(EventKind.Usage, surrounded.AsSpan(Beside.Length, input.Length), RecordTime);
        Promise(plain.Refused.SequenceEqual(again.Refused) || plain.Refused.Length > 0 && plain.Refused[0].Places is not null, "what lies beside the record changes what is refused");
        Promise(plain.Accepted.Length == again.Accepted.Length && plain.LeftOut == again.LeftOut, "what lies beside the record changes what is counted");
        for (int i = 0; i < plain.Accepted.Length; i++)
            Promise(plain.Label(plain.Accepted[i]).SequenceEqual(again.Label(again.Accepted[i])), "what lies beside the record changes a label");
        Judge(plain, input);
        other.Decode(EventKind.Error, input, null);
        Judge(other, input);
        other.Decode(EventKind.Request, input, null);
        Judge(other, input);
        return made.ToString();
    }

    private void Judge(EventDecoder decoder, byte[] input)
    {
        var totals = default(BucketTotals);
        foreach (ref readonly DecodedEvent e in decoder.Accepted)
        {
            ReadOnlySpan<byte> label = decoder.Label(e);
            Promise(label.Length <= 200 && Utf8.IsValid(label) && !label.Contains((byte)0), "a label is not a label");
            Promise(e.Time.ToUtcDateTime().Year is >= 2000 and <= 9999, "an event's time is none");
            Promise(e.DurationMicros is >= DecodedEvent.NoDuration and <= 86_400_000_000, "a duration is none");
            totals.Count(e);
        }
        made.Append(decoder.Accepted.Length switch { 0 => "none", 1 => "one", _ => "some" }).Append(decoder.LeftOut.Total > 0 ? " left out" : "");

        int events = 0;
        foreach (ref readonly Refusal refusal in decoder.Refused)
        {
            string reason = refusal.Reason;
            Promise(Reasons.Contains(reason) || reason.StartsWith(RefusalReason.BadFieldPrefix, StringComparison.Ordinal), $"{reason} is no reason");
            Promise(refusal.Start >= 0 && refusal.Length >= 0 && refusal.Start + refusal.Length <= input.Length, "a refusal lies beside its record");
            Promise(refusal.Detail.Length is > 0 and <= MaxDetail && !refusal.Detail.Any(char.IsControl), $"a detail is not one line: {refusal.Detail}");
            Promise(refusal.EventIndex != Refusal.WholeRecord || (decoder.Accepted.IsEmpty && decoder.Refused.Length == 1), "a record that is refused whole counts");
            events += refusal.Events;
            if (events < 4)
                made.Append(' ').Append(reason);
        }
        Promise(events == decoder.RefusedEvents && decoder.Refused.Length <= 200, "refused events are not as many as they are said to be");
    }
}
