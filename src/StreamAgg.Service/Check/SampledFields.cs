using System.Globalization;
using System.Text.Json;
using StreamAgg.Core.Shapes;

namespace StreamAgg.Service.Check;

/// <summary>A scalar that stands somewhere in sampled records.</summary>
/// <param name="Names">On the way to it, its own last.</param>
internal sealed record SampledField(IReadOnlyList<string> Names)
{
    /// <summary>Records' events in which it is neither null nor empty.</summary>
    public int Count { get; set; }

    public string LastText { get; set; } = "";

    public double LargestNumber { get; set; } = double.NaN;

    public bool HasFraction { get; set; }

    /// <summary>Letters and digits of its own name, in lower case; second with the name before it.</summary>
    public (string Own, string WithParent) Plain { get; } = (PlainOf(Names, 1), PlainOf(Names, 2));

    private static string PlainOf(IReadOnlyList<string> names, int last) =>
        string.Concat(names.Skip(names.Count - last).SelectMany(name => name.Where(char.IsAsciiLetterOrDigit).Select(char.ToLowerInvariant)));
}

/// <summary>Every scalar of sampled records down to a few names, in strings that hold JSON too.</summary>
internal sealed class SampledFields
{
    private const int MaxDepth = 4;

    /// <summary>Who uses values as names has no end of them.</summary>
    private const int MaxFields = 2000;

    private readonly Dictionary<string, SampledField> byPath = new(StringComparer.Ordinal);

    public IReadOnlyCollection<SampledField> All => byPath.Values;

    /// <summary>What is no JSON is passed over: why it is refused is told elsewhere.</summary>
    public void Add(ReadOnlySpan<byte> record)
    {
        try
        {
            var reader = new Utf8JsonReader(record[SchemaFrame.LengthOf(record)..], new JsonReaderOptions { AllowMultipleValues = true });
            while (reader.Read())
            {
                using JsonDocument value = JsonDocument.ParseValue(ref reader);
                JsonElement root = value.RootElement;
                foreach (JsonElement e in root.ValueKind == JsonValueKind.Array ? [.. root.EnumerateArray()] : (JsonElement[])[root])
                    AddMembers(e, []);
            }
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return;
        }
    }

    private void AddMembers(JsonElement value, IReadOnlyList<string> names)
    {
        if (value.ValueKind != JsonValueKind.Object || names.Count == MaxDepth)
            return;
        foreach (JsonProperty member in value.EnumerateObject())
            Add(member.Value, [.. names, member.Name]);
    }

    private void Add(JsonElement value, IReadOnlyList<string> names)
    {
        string text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        if (value.ValueKind == JsonValueKind.String && text.TrimStart().StartsWith('{') && TryParse(text) is { } inner)
        {
            using (inner)
                AddMembers(inner.RootElement, names);
        }
        else if (value.ValueKind == JsonValueKind.Object)
        {
            AddMembers(value, names);
        }
        else if (value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Array) && text.Length > 0)
        {
            Count(names, text);
        }
    }

    private void Count(IReadOnlyList<string> names, string text)
    {
        string path = string.Join('\0', names);
        if (!byPath.TryGetValue(path, out SampledField? field))
        {
            if (byPath.Count == MaxFields)
                return;
            byPath.Add(path, field = new SampledField(names));
        }
        field.Count++;
        field.LastText = text;
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number))
            return;
        field.LargestNumber = double.IsNaN(field.LargestNumber) ? number : Math.Max(field.LargestNumber, number);
        field.HasFraction |= number != Math.Floor(number);
    }

    private static JsonDocument? TryParse(string text)
    {
        try
        {
            return JsonDocument.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
