using StreamAgg.Core.Events;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Shapes;

namespace StreamAgg.Service.Configuration;

/// <summary>The settings of section <c>Events</c>: what gateways mean by what they write.</summary>
internal static class EventBinder
{
    private const string AllowedUnits = "allowed is s, ms, us or ns";

    /// <summary>Days are kept or removed whole, and a day must have been published before.</summary>
    private static readonly TimeSpan MinRetention = TimeSpan.FromDays(2), MaxRetention = TimeSpan.FromDays(36_525);

    public static EventOptions Bind(SettingsReader reader)
    {
        var defaults = new EventOptions();
        Dictionary<EventKind, EventShape> shapes = [];
        IReadOnlyList<Rollup> rollups = RollupBinder.Bind(reader);
        string[] dimensions = [.. rollups.SelectMany(rollup => rollup.Dimensions).Distinct(StringComparer.Ordinal)];
        foreach (EventKindNames kind in EventKinds.All)
            if (ShapeOf(reader, kind, dimensions) is { } shape)
                shapes.Add(kind.Kind, shape);
        return new()
        {
            MaxDuration = reader.Duration("Events:MaxDuration", defaults.MaxDuration, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            MaxAge = reader.DurationOrKeep("Retention", MinRetention, MaxRetention),
            LabelCase = reader.Choice("Events:LabelCase", defaults.LabelCase),
            TimeUnit = Unit(reader, "Events:TimeUnit"),
            DurationUnit = Unit(reader, "Events:DurationUnit"),
            Rollups = rollups,
            Shapes = shapes.Count == 0 ? defaults.Shapes : shapes,
        };
    }

    /// <returns>Null where the topic's events have this service's own shape.</returns>
    private static EventShape? ShapeOf(SettingsReader reader, EventKindNames kind, string[] dimensions)
    {
        string rootKey = $"Events:{kind.Section}:Root", prefix = $"Events:{kind.Section}:Fields";
        string? root = reader.Optional(
            rootKey, text => ShapePath.TryParse(text) is not null ? null
                : $"allowed are {ShapePath.Allowed}, or [] for each; by default a record's objects are the events");
        var fields = new Dictionary<Field, ShapePath>();
        var others = new Dictionary<string, ShapePath>();
        foreach (var (name, text) in reader.Everything(prefix).Where(pair => pair.Value.Length > 0))
        {
            var known = EventFields.Of(kind.Kind).ToList();
            var field = known.Find(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
            string? dimension = Array.Find(dimensions, one => one.Equals(name, StringComparison.OrdinalIgnoreCase));
            if (field is null && dimension is null)
                reader.Refuse(
                    $"{prefix}:{name}", null,
                    $"no such field; in {kind.OfOne} there are {string.Join(", ", known.Select(one => one.Name).Union(dimensions))}.");
            else if (ShapePath.TryParse(text) is not { IsMany: false } path)
                reader.Refuse($"{prefix}:{name}", text, $"allowed are {ShapePath.Allowed}; by default the field's own name.");
            else if (field is not null)
                fields[field.Id] = path;
            else
                others[dimension!] = path;
        }
        return root is null && fields.Count + others.Count == 0
            ? null
            : new EventShape { Root = root is null ? null : ShapePath.TryParse(root), Fields = fields, Dimensions = others };
    }

    private static TimeUnit Unit(SettingsReader reader, string key) =>
        UnitOf(reader.Text(key, "ms", AllowedUnits, text => UnitOf(text) is not null))!.Value;

    private static TimeUnit? UnitOf(string text) => text switch
    {
        "s" => TimeUnit.Seconds,
        "ms" => TimeUnit.Milliseconds,
        "us" => TimeUnit.Microseconds,
        "ns" => TimeUnit.Nanoseconds,
        _ => null,
    };
}
