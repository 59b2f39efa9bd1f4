using StreamAgg.Core.Events;
using StreamAgg.Core.Shapes;

namespace StreamAgg.Service.Check;

/// <summary>Guesses by names where records of another shape hold their fields: a proposal for a person to read, never more.</summary>
internal static class ShapeGuess
{
    private const int MaxRootDepth = 3;

    /// <summary>What others call our fields, in plain letters, the likeliest first; with the name before it where it says too little.</summary>
    private static readonly (Field Field, string[] Names)[] Synonyms =
    [
        (Field.CreatedAt,
            ["createdat", "timestamp", "starttime", "startedat", "eventtime", "time", "ts", "datetime", "date", "timeiso8601", "msec"]),
        (Field.Platform,
            [
                "platform", "provider", "customllmprovider", "llmprovider", "vendor", "genaiprovidername", "genaisystem", "modelprovider", "model",
                "upstreamcluster",
            ]),
        (Field.DurationMs,
            [
                "durationms", "duration", "latencyms", "latency", "elapsedms", "elapsed", "responsetimems", "responsetime", "requesttime", "totaltime",
                "tookms", "took", "durationseconds", "latencyseconds", "durations", "latencys", "durationus", "latencyus", "durationns", "latencyns",
            ]),
        (Field.StatusCode, ["statuscode", "responsecode", "httpstatus", "httpstatuscode", "responsestatus", "errorcode", "status", "code"]),
        (Field.ErrorType, ["errortype", "errorclass", "exceptiontype", "errorname", "errorkind"]),
        (Field.ErrorMessage, ["errormessage", "errorstr", "error", "exceptionmessage", "responsecodedetails"]),
        (Field.IsTimeout, ["istimeout", "timedout"]),
        (Field.Success, ["success", "ok", "succeeded", "issuccess"]),
    ];

    /// <param name="now">The settings' own meaning of events.</param>
    /// <param name="kind">Of the topic.</param>
    /// <param name="fields">What stands in its records.</param>
    /// <returns>With a mapping of that topic, and units; null where nothing was found that is not read already.</returns>
    public static EventOptions? Of(EventOptions now, EventKindNames kind, IReadOnlyCollection<SampledField> fields)
    {
        List<EventField> read = [.. EventFields.Of(kind.Kind)];
        string[] root = RootOf(read, fields);
        List<SampledField> inRoot = [.. fields.Where(field => IsBelow(field, root))];
        var found = new Dictionary<Field, SampledField>();
        foreach (EventField field in read)
            if (Best(field, inRoot, root.Length) is { } best)
                found.Add(field.Id, best);
        if (inRoot.Exists(field => field.Names.Count == root.Length + 1 && field.Names[^1] is "group_platform" or "account_platform"))
            found.Remove(Field.Platform);
        var shape = new EventShape
        {
            Root = root.Length == 0 ? null : PathOf(root),
            Fields = found.Where(one => one.Value.Names.Count > root.Length + 1 || one.Value.Names[^1] != EventFields.All[(int)one.Key].Name)
                .ToDictionary(one => one.Key, one => PathOf([.. one.Value.Names.Skip(root.Length)])),
        };
        EventOptions guessed = now with
        {
            TimeUnit = (found.TryGetValue(Field.CreatedAt, out SampledField? time) ? TimeUnitOf(time) : null) ?? now.TimeUnit,
            DurationUnit = (found.TryGetValue(Field.DurationMs, out SampledField? duration) ? DurationUnitOf(duration) : null) ?? now.DurationUnit,
        };
        bool isOwn = shape.Root is null && shape.Fields.Count == 0;
        return isOwn && guessed == now ? null
            : guessed with { Shapes = isOwn ? now.Shapes : new Dictionary<EventKind, EventShape>(now.Shapes) { [kind.Kind] = shape } };
    }

    /// <summary>The settings that make the one of the other, as an environment takes them.</summary>
    public static IReadOnlyList<string> Lines(EventOptions now, EventOptions guessed, EventKindNames kind)
    {
        var lines = new List<string>();
        EventShape? shape = guessed.Shapes.GetValueOrDefault(kind.Kind);
        if (shape?.Root is { } root)
            lines.Add($"{kind.Section}__Root={root.Text}");
        foreach (EventField field in EventFields.Of(kind.Kind))
            if (shape?.Fields.GetValueOrDefault(field.Id) is { } path)
                lines.Add($"{kind.Section}__Fields__{field.Name}={path.Text}");
        if (guessed.TimeUnit != now.TimeUnit)
            lines.Add($"TimeUnit={Text(guessed.TimeUnit)}");
        if (guessed.DurationUnit != now.DurationUnit)
            lines.Add($"DurationUnit={Text(guessed.DurationUnit)}");
        return [.. lines.Select(line => $"StreamAgg__Events__{line}")];
    }

    /// <summary>The deepest object that has all of what is found anywhere: of several the one that is there most often.</summary>
    private static string[] RootOf(List<EventField> read, IReadOnlyCollection<SampledField> fields)
    {
        var roots = fields
            .SelectMany(field => field.Names.Take(MaxRootDepth).Select((_, depth) => field.Names.Take(depth).ToArray()))
            .DistinctBy(names => string.Join('\0', names));
        return roots.Select(names => (Names: names, Inside: fields.Where(field => IsBelow(field, names)).ToList()))
            .OrderByDescending(root => read.Count(field => Best(field, root.Inside, root.Names.Length) is not null))
            .ThenByDescending(root => root.Names.Length)
            .ThenByDescending(root => root.Inside.Sum(field => field.Count))
            .ThenBy(root => string.Join('\0', root.Names), StringComparer.Ordinal)
            .Select(root => root.Names).FirstOrDefault() ?? [];
    }

    private static bool IsBelow(SampledField field, string[] root) =>
        field.Names.Count > root.Length && field.Names.Take(root.Length).SequenceEqual(root, StringComparer.Ordinal);

    /// <summary>Its own name at the root, or else the likeliest of its synonyms that holds such a value, and the least deep of these.</summary>
    private static SampledField? Best(EventField field, List<SampledField> fields, int depth)
    {
        if (fields.Find(one => one.Names.Count == depth + 1 && one.Names[^1] == field.Name) is { } own)
            return own;
        string[] names = Array.Find(Synonyms, synonyms => synonyms.Field == field.Id).Names ?? [];
        return fields.Select(one => (Field: one, Rank: RankOf(one, names)))
            .Where(one => one.Rank >= 0 && IsPlausible(field.Id, one.Field))
            .OrderBy(one => one.Rank).ThenBy(one => one.Field.Names.Count).ThenBy(one => string.Join('\0', one.Field.Names), StringComparer.Ordinal)
            .Select(one => one.Field).FirstOrDefault();
    }

    private static int RankOf(SampledField field, string[] names) =>
        Array.FindIndex(names, name => name == field.Plain.Own || name == field.Plain.WithParent);

    private static bool IsPlausible(Field field, SampledField found) => field switch
    {
        Field.CreatedAt => TimeUnitOf(found) is not null || Output.TimeText.TryParse(found.LastText) is not null,
        Field.DurationMs => found.LargestNumber >= 0,
        Field.StatusCode => found is { HasFraction: false, LargestNumber: >= 0 and < 1000 },
        Field.IsTimeout or Field.Success => found.LastText is "true" or "false" or "True" or "False" or "0" or "1",
        Field.Platform => double.IsNaN(found.LargestNumber),
        _ => true,
    };

    /// <summary>A number from 2000 to 2100 in one unit lies there in no other.</summary>
    private static TimeUnit? TimeUnitOf(SampledField time) => Enum.GetValues<TimeUnit>()
        .Where(unit => time.LargestNumber / Math.Pow(10, (int)unit) is >= 946_684_800 and < 4_102_444_800).Cast<TimeUnit?>().FirstOrDefault();

    /// <summary>What the name says; where it says nothing, small numbers with a fraction are seconds.</summary>
    private static TimeUnit? DurationUnitOf(SampledField duration)
    {
        string name = duration.Plain.Own;
        return EndsWith("ms", "millis", "milliseconds") ? TimeUnit.Milliseconds
            : EndsWith("us", "micros", "microseconds") ? TimeUnit.Microseconds
            : EndsWith("ns", "nanos", "nanoseconds") ? TimeUnit.Nanoseconds
            : EndsWith("seconds", "secs", "latencys", "durations") || duration is { HasFraction: true, LargestNumber: < 100 } ? TimeUnit.Seconds
            : null;

        bool EndsWith(params string[] ends) => Array.Exists(ends, end => name.EndsWith(end, StringComparison.Ordinal));
    }

    private static ShapePath PathOf(IEnumerable<string> names) => ShapePath.TryParse(string.Join('.', names.Select(ShapePath.Escape)))!;

    private static string Text(TimeUnit unit) => unit switch
    {
        TimeUnit.Seconds => "s",
        TimeUnit.Milliseconds => "ms",
        TimeUnit.Microseconds => "us",
        _ => "ns",
    };
}
