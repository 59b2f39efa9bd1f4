namespace StreamAgg.Core.Events;

/// <summary>What an event looks like, for those who write producers: JSON Schema, draft 2020-12.</summary>
/// <remarks>
/// It says what the decoder reads by default, but for what a schema can't say: that a day is in the calendar, and what an instant is held
/// against (2000-01-01, the record's own timestamp). Of integers within strings it tells the plain spellings alone.
/// </remarks>
public static class EventSchema
{
    /// <summary>The schema's text: UTF-8 JSON that ends in a line feed.</summary>
    public static string Of(EventKind kind)
    {
        string name = kind == EventKind.Usage ? "schemas/usage.schema.json" : "schemas/error.schema.json";
        using Stream text = typeof(EventSchema).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"This build of StreamAgg.Core lacks {name}.");
        using var reader = new StreamReader(text);
        return reader.ReadToEnd();
    }
}
