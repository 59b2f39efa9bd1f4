using System.Text;
using System.Text.Json;
using StreamAgg.Core.Events;
using StreamAgg.Core.Shapes;
using StreamAgg.Core.Tests.Events;

namespace StreamAgg.Fuzz.Targets;

/// <summary>
/// The decoder of events in another shape: it says of a record what it says without a mapping of the events that a slow reader, with trees of
/// objects, has taken out of it.
/// </summary>
internal sealed class ShapeTarget : Target
{
    private const long RecordTime = 1_767_608_430_000;

    private static readonly JsonDocumentOptions Depth = new() { MaxDepth = EventDecoder.MaxDepth };

    private static readonly (Field Field, string Path)[] Paths =
    [
        (Field.DurationMs, "response.latency"), (Field.StatusCode, "response.status"), (Field.ErrorMessage, "response"), (Field.Platform, "model"),
        (Field.GroupPlatform, "tags[key=team].value"), (Field.AccountPlatform, "model"), (Field.ErrorType, "err.or.type"),
    ];

    private readonly EventDecoder mapped = new(TimeSpan.FromMinutes(5), new EventOptions
    {
        Shapes = new Dictionary<EventKind, EventShape>
        {
            [EventKind.Request] = new()
            {
                Root = ShapePath.TryParse("payload.after"),
                Fields = Paths.ToDictionary(path => path.Field, path => ShapePath.TryParse(path.Path)!),
            },
        },
    });
    private readonly EventDecoder many = new(TimeSpan.FromMinutes(5), new EventOptions
    {
        Shapes = new Dictionary<EventKind, EventShape>
        {
            [EventKind.Request] = new()
            {
                Root = ShapePath.TryParse("payload[].after[]"),
                Fields = new Dictionary<Field, ShapePath> { [Field.Platform] = ShapePath.TryParse("tags[key=team].value")! },
            },
        },
    });
    private readonly EventDecoder plain = new(TimeSpan.FromMinutes(5));

    public override string Name => "shapes";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. ((string[])
        [
            """{"payload":{"before":null,"after":{"created_at":1767608430000,"model":"a","response":{"latency":12.5,"status":200,"x":[{}]},"tags":[{"key":"team","value":"t"}]},"op":"c"}}""",
            """{"payload":"{\"after\":{\"model\":\"b\",\"response\":\"{\\\"latency\\\":\\\"7\\\"}\",\"tags\":\"[{\\\"value\\\":\\\"t\\\",\\\"key\\\":\\\"team\\\"}]\"}}"}""",
            """[{"payload":{"after":null}},{"payload":{"after":{"model":null}}},{"payload":{"after":"{\"success\":false}"}},{"payload":{"after":{"response":{"status":504},"err":{"or":{"type":"x"}}}}},{},5]""",
            """{"payload":{"after":{"tags":[{"key":"x","value":"no"},{"key":"team"},{"key":"team","key":"te\u0061m","value":"t"}]}},"payload":{"after":{"model":7}}} {"payload":7}""",
            """{"payload":{"after":{"m\u006fdel":"\ud83d\ude00","response":{"latency":1},"response":{"status":"429"}}}}""",
            """{"payload":[{"after":[{"tags":[{"key":"team","value":"t"}]},null,{"success":7},{"tags":[]}]},{"after":"[{\"platform\":1},5]"},7,{"after":[]}]}""",
            """{"payload":"{\"after\":{\"model\":\"\\ud83d\"}}"} {"payload":{"after":" {\"model\":\"a\"} x"}}""",
            "\0\0\0\0\u0011{\"payload\":{\"after\":{\"model\":\"a\",\"response\":{\"status\":{}}}}} {\"payload\":{\"after\":{\"model\":\"b\"}}}",
        ]).Select(Encoding.UTF8.GetBytes),
    ];

    public override IReadOnlyList<byte[]> Words { get; } =
    [
        .. ((string[])
        [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\\"", "\\\\\\\"", "\\u0061", "\\ud83d", "null", "true", "7", "\"{\\\"", "\\\"}\"", "payload", "after", "response", "latency",
            "status", "model", "tags", "key", "team", "value", "err", "or", "type", "success", "created_at", "\"payload\":", "\"after\":", "\"response\":", "{}", "[]", "\"\"", " ", "\n",
        ]).Select(Encoding.UTF8.GetBytes),
    ];

    protected override string Read(byte[] input)
    {
        mapped.Decode(EventKind.Request, input, RecordTime);
        Refusal[] refused = mapped.Refused.ToArray();
        many.Decode(EventKind.Request, input, RecordTime);
        plain.Decode(EventKind.Request, input, RecordTime);
        if (plain.Refused.Length > 0 && plain.Refused[0].EventIndex == Refusal.WholeRecord)
        {
            Promise(refused.Length == 1 && refused[0].Reason == plain.Refused[0].Reason && mapped.Accepted.IsEmpty, "a record that is refused whole is not, with a mapping");
            Promise(many.Accepted.IsEmpty && many.RefusedEvents == 1, "a record that is refused whole is not, where it holds several");
            return refused[0].Reason;
        }
        JudgeMany(input.Length);
        var places = new List<int>();
        byte[] taken = Take(input, places, out int values);
        Promise(mapped.Skipped == values - places.Count, $"{mapped.Skipped} are skipped, {values - places.Count} are to be");
        if (taken.Length > EventDecoder.MaxRecordBytes || places.Count == 0)
            return "none";
        plain.Decode(EventKind.Request, taken, RecordTime);
        Promise(plain.RefusedEvents == mapped.RefusedEvents && plain.LeftOut == mapped.LeftOut, $"{mapped.RefusedEvents} are refused, {plain.RefusedEvents} are to be");
        Promise(
            plain.Refused.ToArray().Select(one => (places[one.EventIndex], one.Reason, one.Events)).SequenceEqual(refused.Select(one => (one.EventIndex, one.Reason, one.Events))),
            "others are refused");
        Promise(plain.Accepted.Length == mapped.Accepted.Length, "others are counted");
        for (int i = 0; i < plain.Accepted.Length; i++)
            Promise(IsSame(plain.Accepted[i], mapped.Accepted[i], places), $"event {i} counts otherwise");
        return $"{Math.Min(3, plain.Accepted.Length)} {mapped.Skipped > 0} {string.Join(' ', refused.Take(3).Select(one => one.Reason))} {mapped.LeftOut.Total > 0}";
    }

    /// <summary>Every event that a value holds has a place of its own, and what is refused is told by it, with the whole record.</summary>
    private void JudgeMany(int length)
    {
        int last = -1;
        foreach (ref readonly DecodedEvent e in many.Accepted)
        {
            Promise(e.Place > last, "two events have one place");
            last = e.Place;
            foreach (ref readonly Refusal refusal in many.Refused)
                Promise(!refusal.Places!.Contains(e.Place), "an event counts and is refused");
        }
        foreach (ref readonly Refusal refusal in many.Refused)
            Promise(refusal is { Start: 0, Places: not null } && refusal.Length == length, "a letter has less than the record");
    }

    private bool IsSame(in DecodedEvent one, in DecodedEvent other, List<int> places) =>
        places[one.Place] == other.Place && one.Time == other.Time && one.DurationMicros == other.DurationMicros && one.Status == other.Status
        && one.IsTimeout == other.IsTimeout && one.IsFailure == other.IsFailure && plain.Label(one).SequenceEqual(mapped.Label(other));

    /// <summary>The record as one without a mapping would be, a line for each value that holds an event; their places beside it.</summary>
    private static byte[] Take(byte[] input, List<int> places, out int values)
    {
        var lines = new StringBuilder();
        values = 0;
        var reader = new Utf8JsonReader(input is [0, _, _, _, _, ..] ? input.AsSpan(5) : input, new JsonReaderOptions { AllowMultipleValues = true, MaxDepth = EventDecoder.MaxDepth });
        while (reader.Read())
        {
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            foreach (JsonElement value in document.RootElement.ValueKind == JsonValueKind.Array ? [.. document.RootElement.EnumerateArray()] : (JsonElement[])[document.RootElement])
            {
                if (LineOf(value) is { } line)
                {
                    lines.Append(line).Append('\n');
                    places.Add(values);
                }
                values++;
            }
        }
        return Encoding.UTF8.GetBytes(lines.ToString());
    }

    /// <returns>Null where there is no event.</returns>
    private static string? LineOf(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return "0";
        JsonElement? root = value;
        foreach (string name in (string[])["payload", "after"])
        {
            if (Member(root.Value, name) is not { } next || IsNothing(next))
                return null;
            root = Unwrapped(next, JsonValueKind.Object);
            if (root is null)
                return "0";
        }
        var members = new List<string>();
        foreach (EventField field in EventFields.Of(EventKind.Request))
        {
            string path = Array.Find(Paths, mapped => mapped.Field == field.Id).Path ?? field.Name;
            if (At(root.Value, path.Split('.')) is { } found)
                members.Add($"\"{field.Name}\":{found.GetRawText()}");
        }
        return $"{{{string.Join(',', members)}}}";
    }

    private static JsonElement? At(JsonElement from, string[] path)
    {
        JsonElement? at = from;
        foreach (string step in path)
        {
            string name = step.Split('[')[0];
            at = at is { } before && Unwrapped(before, JsonValueKind.Object) is { } inner ? Member(inner, name) : null;
            if (step.Contains("[key=team]", StringComparison.Ordinal))
                at = at is { } array && Unwrapped(array, JsonValueKind.Array) is { } elements ? Chosen(elements) : null;
        }
        return at;
    }

    private static JsonElement? Chosen(JsonElement array)
    {
        JsonElement? chosen = null;
        foreach (JsonElement element in array.EnumerateArray())
            if (element.ValueKind == JsonValueKind.Object && Member(element, "key") is { ValueKind: JsonValueKind.String } key && LooseText.TextOf(key) == "team")
                chosen = element;
        return chosen;
    }

    private static bool IsNothing(JsonElement value) =>
        value.ValueKind == JsonValueKind.Null || (value.ValueKind == JsonValueKind.String && value.GetRawText() == "\"\"");

    private static JsonElement? Member(JsonElement value, string name)
    {
        JsonElement? last = null;
        foreach (JsonProperty member in value.EnumerateObject())
            if (LooseText.NameOf(member) == name)
                last = member.Value;
        return last;
    }

    /// <summary>What a string holds, where it is JSON of that kind; any other value as it is, where it is of that kind.</summary>
    private static JsonElement? Unwrapped(JsonElement value, JsonValueKind kind)
    {
        if (value.ValueKind == kind)
            return value;
        if (value.ValueKind != JsonValueKind.String || LooseText.TextOf(value) is not { } text)
            return null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, Depth);
            return document.RootElement.ValueKind == kind ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
