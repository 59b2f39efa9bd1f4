using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace StreamAgg.Core.Events;

/// <summary>What an event looks like, for those who write producers: JSON Schema, draft 2020-12.</summary>
/// <remarks>
/// It says what the decoder reads by default, but for what a schema can't say: that a day is in the calendar, and what an instant is held
/// against (2000-01-01, the record's own timestamp). Of integers within strings it tells the plain spellings alone.
/// </remarks>
public static class EventSchema
{
    private static readonly JsonSerializerOptions Layout = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The schema's text: UTF-8 JSON that ends in a line feed.</summary>
    public static string Of(EventKind kind)
    {
        using Stream text = typeof(EventSchema).Assembly.GetManifestResourceStream("schemas/event.schema.json")
            ?? throw new InvalidOperationException("This build of StreamAgg.Core lacks event.schema.json.");
        JsonNode schema = JsonNode.Parse(text)!;
        foreach (string key in (string[])["$id", "title", "description"])
            schema[key] = schema[key]![(int)kind]!.DeepClone();
        JsonObject properties = schema["properties"]!.AsObject();
        foreach (EventField unread in EventFields.All.Except(EventFields.Of(kind)))
            properties.Remove(unread.Name);
        foreach (EventField field in EventFields.Of(kind))
        {
            if (field.TellsEvent)
                schema["anyOf"]!.AsArray().Add(new JsonObject { ["required"] = new JsonArray(field.Name) });
            properties[field.Name] ??= Of(field.Number!);
        }
        return schema.ToJsonString(Layout) + "\n";
    }

    /// <summary>Of a number that is summed, and that is all: in a string it is told as far as its digits go.</summary>
    private static JsonNode Of(NumberField number) => JsonNode.Parse(
        $$"""
        {
          "description": "{{number.Meaning}}",
          "anyOf": [
            { "type": "{{(number.Decimals > 0 ? "number" : "integer")}}", "minimum": 0, "maximum": {{number.Largest}} },
            { "type": "string", "pattern": "^(0|[1-9][0-9]{0,{{$"{number.Largest:0}".Length - 2}}})(\\.{{(number.Decimals > 0 ? "[0-9]" : "0")}}+)?$" },
            { "enum": [null, ""] }
          ]
        }
        """)!;
}
