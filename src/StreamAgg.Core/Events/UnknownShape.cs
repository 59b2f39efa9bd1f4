using System.Text.Json;

namespace StreamAgg.Core.Events;

/// <summary>Says what an object is that has none of an event's fields: most often an envelope around one.</summary>
internal static class UnknownShape
{
    private const int MaxNames = 8;
    private const int MaxNameBytes = 40;

    /// <param name="json">The object alone, well-formed.</param>
    public static string Describe(ReadOnlySpan<byte> json, EventKind kind)
    {
        var names = new List<string>(MaxNames);
        bool areMore = false;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = EventDecoder.MaxDepth });
        reader.Read();
        while (!areMore && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = RefusalDetail.Cut(reader.ValueSpan, MaxNameBytes);
            if (!names.Contains(name))
            {
                areMore = names.Count == MaxNames;
                if (!areMore)
                    names.Add(name);
            }
            reader.Skip();
        }
        string of = kind.Names().OfOne;
        return names.Count == 0
            ? $"the object is empty: {of} has at least one of its fields"
            : $"no field of {of} stands in it, but {string.Join(", ", names)}{(areMore ? " and more" : "")}";
    }
}
