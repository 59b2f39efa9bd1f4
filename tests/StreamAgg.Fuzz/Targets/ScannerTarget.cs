using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using StreamAgg.Core.Shapes;

namespace StreamAgg.Fuzz.Targets;

/// <summary>The scanner beside the platform's reader: the same inputs are JSON, and the same values lie at the same places.</summary>
internal sealed class ScannerTarget(RecordTarget records) : Target
{
    private static readonly JsonReaderOptions Options = new() { AllowMultipleValues = true, MaxDepth = JsonScanner.MaxDepth };

    private readonly List<RawField> scanned = [], read = [];

    public override string Name => "scanner";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. records.Seeds,
        .. ((string[])
        [
            """{"a":[1,-0.5,1e9,-2E+3,0.0e-0,true,false,null,"\"\\\/\b\f\n\r\t\u00e9"],"b":{"c":{}},"d":[],"e":""}""",
            " \t\r\n{ \"a\" : 1 , \"b\" : [ 1 , 2 ] } 1 \"x\"{}[]null",
            new string('[', 63) + "{}" + new string(']', 63),
            "{\"a_string_of_more_bytes_than_are_looked_at_at_once\":\"" + new string('x', 100) + "\\n\"}",
        ]).Select(Encoding.UTF8.GetBytes),
    ];

    public override IReadOnlyList<byte[]> Words { get; } = [.. records.Words, .. ((string[])["\u0001", "01", "1.", ".5", "1e", "-", "tru", "nul", "//", "/**/", "\u007f"]).Select(Encoding.UTF8.GetBytes)];

    protected override string Read(byte[] input)
    {
        scanned.Clear();
        read.Clear();
        bool isJson = Utf8.IsValid(input) && TryRead(input);
        bool isScanned = Utf8.IsValid(input) && TryScan(input);
        Promise(isJson == isScanned, isJson ? "the scanner refuses what is JSON" : "the scanner takes what is none");
        Promise(!isJson || scanned.SequenceEqual(read), "the scanner finds other values");
        return isJson ? $"{Math.Min(read.Count, 8)}" : "none";
    }

    private bool TryScan(byte[] input)
    {
        var scanner = new JsonScanner(input);
        while (scanner.Peek() is not 0 and var first)
        {
            if (first != '{')
            {
                if (!scanner.TryValue(0, out RawField value))
                    return false;
                scanned.Add(value);
            }
            else if (!TryMembers(ref scanner))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryMembers(ref JsonScanner scanner)
    {
        scanner.Pass();
        if (scanner.TryPass((byte)'}'))
            return true;
        do
        {
            if (!scanner.TryName(out ReadOnlySpan<byte> name, out bool isEscaped) || !scanner.TryValue(1, out RawField value))
                return false;
            scanned.Add(new RawField(JsonTokenType.PropertyName, isEscaped, 0, name.Length));
            scanned.Add(value);
        }
        while (scanner.TryPass((byte)','));
        return scanner.TryPass((byte)'}');
    }

    private bool TryRead(byte[] input)
    {
        try
        {
            var reader = new Utf8JsonReader(input, Options);
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.StartObject)
                {
                    read.Add(Value(ref reader));
                    continue;
                }

                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    read.Add(new RawField(JsonTokenType.PropertyName, reader.ValueIsEscaped, 0, reader.ValueSpan.Length));
                    reader.Read();
                    read.Add(Value(ref reader));
                }
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static RawField Value(ref Utf8JsonReader reader)
    {
        bool isString = reader.TokenType == JsonTokenType.String;
        var value = new RawField(
            reader.TokenType, isString && reader.ValueIsEscaped, (int)reader.TokenStartIndex + (isString ? 1 : 0), reader.ValueSpan.Length);
        reader.Skip();
        return value.Type is JsonTokenType.StartObject or JsonTokenType.StartArray ? value.To((int)reader.BytesConsumed) : value;
    }
}
