using System.Collections.ObjectModel;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Shapes;

namespace StreamAgg.Core.Events;

/// <summary>What the gateways' numbers and labels mean. Ranges are checked by whoever binds the options.</summary>
public sealed record EventOptions
{
    /// <value>A longer duration is left out, its event counts. 1 s to 1 day, default 1 day.</value>
    public TimeSpan MaxDuration { get; init; } = TimeSpan.FromDays(1);

    /// <value>Default <see cref="Events.LabelCase.Keep"/>.</value>
    public LabelCase LabelCase { get; init; } = LabelCase.Keep;

    /// <value>How much older than its record's timestamp an event may be; null: as old as it likes. Of older hours nothing is kept to count it
    /// into.</value>
    public TimeSpan? MaxAge { get; init; }

    /// <value>What a plain number in <c>created_at</c> counts since 1970. Default milliseconds.</value>
    public TimeUnit TimeUnit { get; init; } = TimeUnit.Milliseconds;

    /// <value>What <c>duration_ms</c> is given in, whatever its name says. Default milliseconds.</value>
    public TimeUnit DurationUnit { get; init; } = TimeUnit.Milliseconds;

    /// <value>What events are counted by, beside their platform.</value>
    public IReadOnlyList<Rollup> Rollups { get; init; } = [];

    /// <value>Where events lie in their records, by kind; none: a record's objects are the events, with their fields under their own names.</value>
    public IReadOnlyDictionary<EventKind, EventShape> Shapes { get; init; } = ReadOnlyDictionary<EventKind, EventShape>.Empty;
}

/// <summary>The shape of one topic's records, where it is another than this service's own.</summary>
public sealed record EventShape
{
    /// <value>To the object that is the event; null: a record's objects are.</value>
    public ShapePath? Root { get; init; }

    /// <value>From there to the value of a field, in place of its own name.</value>
    public IReadOnlyDictionary<Field, ShapePath> Fields { get; init; } = ReadOnlyDictionary<Field, ShapePath>.Empty;

    /// <summary>The same of fields that rollups are by and nothing else, by their names.</summary>
    public IReadOnlyDictionary<string, ShapePath> Dimensions { get; init; } = ReadOnlyDictionary<string, ShapePath>.Empty;

    internal ShapeReader ReaderOf(EventOptions options, EventKind kind, RawField[] fields) => new(
        Root,
        [
            .. EventFields.Of(kind).Select(field => ((int)field.Id, Fields.GetValueOrDefault(field.Id) ?? ShapePath.Of(field.Name))),
            .. DimensionLabels.DimensionsOf(options)
                .Select(name => (DimensionLabels.PlaceOf(options, kind, name), Dimensions.GetValueOrDefault(name) ?? ShapePath.Of(name)))
                .Where(dimension => dimension.Item1 > (int)Field.Ignored),
        ],
        fields);
}

/// <summary>Whether spellings of a label that differ in case are one label.</summary>
public enum LabelCase
{
    /// <summary>As it is written.</summary>
    Keep,

    /// <summary>In lower case, by the invariant culture.</summary>
    Lower,
}

/// <summary>A unit of plain numbers; its value is the power of ten that a second has of it.</summary>
public enum TimeUnit
{
    Seconds = 0,
    Milliseconds = 3,
    Microseconds = 6,
    Nanoseconds = 9,
}
