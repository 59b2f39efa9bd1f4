using System.Text.Json;
using StreamAgg.Core.Events;
using StreamAgg.Core.Shapes;

namespace StreamAgg.Pipeline.Recounting;

/// <summary>Where the events of a record lie in it, in the order of their places.</summary>
public static class RecordEvents
{
    /// <param name="value">Of the record.</param>
    /// <returns>The bytes of each event; up to where the record is well-formed.</returns>
    public static IReadOnlyList<Range> Split(ReadOnlySpan<byte> value)
    {
        var events = new List<Range>();
        int frame = SchemaFrame.LengthOf(value);
        var reader = new Utf8JsonReader(value[frame..], new JsonReaderOptions { AllowMultipleValues = true, MaxDepth = EventDecoder.MaxDepth });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.StartArray)
                {
                    Add(ref reader, events, frame);
                    continue;
                }
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    Add(ref reader, events, frame);
            }
        }
        catch (JsonException)
        {
            return events;
        }
        return events;
    }

    private static void Add(ref Utf8JsonReader reader, List<Range> events, int frame)
    {
        int start = (int)reader.TokenStartIndex;
        reader.Skip();
        events.Add((frame + start)..(frame + (int)reader.BytesConsumed));
    }
}
