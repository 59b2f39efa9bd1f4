using System.Globalization;
using System.Text;
using System.Text.Json;
using StreamAgg.Kafka.DeadLetters;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Reports;

/// <summary>A dead letter in full.</summary>
internal static class DeadLetterPage
{
    // What is not text is shown byte by byte: the value may be anything, and a terminal must not obey it.
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static void WriteJson(Utf8JsonWriter json, DeadLetter letter)
    {
        json.WriteStartObject();
        DeadLetterLine.WriteMembers(json, letter);
        json.WriteString("kind", letter.Kind);
        json.WriteNumberOrNull("record_timestamp", letter.RecordTimestampMilliseconds);
        json.WriteString("key", letter.Key is { } key ? TextOf(key) : null);
        json.WriteString("value", TextOf(letter.Value));
        json.WriteBase64String("value_base64", letter.Value);
        json.WriteNumberOrNull("length_before_cut", letter.LengthBeforeCut);
        json.WriteNumberOrNull("key_length_before_cut", letter.KeyLengthBeforeCut);
        json.WriteEndObject();
    }

    public static void Write(TextWriter output, DeadLetter letter)
    {
        output.WriteLine($"source     {letter.Topic} {letter.Partition} {letter.Offset}, {DeadLetterLine.Events(letter)}");
        output.WriteLine($"refused    {letter.Time}");
        output.WriteLine($"reason     {letter.Reason}");
        output.WriteLine($"detail     {Printable(letter.Detail)}");
        output.WriteLine($"kind       {letter.Kind}");
        output.WriteLine($"timestamp  {letter.RecordTimestampMilliseconds?.ToString(CultureInfo.InvariantCulture) ?? "none"}");
        output.WriteLine($"key        {(letter.Key is { } key ? Printable(TextOf(key)) : "none")}{CutFrom(letter.KeyLengthBeforeCut)}");
        output.WriteLine($"value      {letter.Value.Length} bytes{CutFrom(letter.LengthBeforeCut)}");
        output.WriteLine(Printable(TextOf(letter.Value)));
    }

    private static string CutFrom(long? whole) => whole is { } length ? $", cut from {length} bytes" : "";

    private static string TextOf(byte[] bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return "hex:" + Convert.ToHexStringLower(bytes);
        }
    }

    private static string Printable(string text) =>
        string.Concat(text.Select(c => char.IsControl(c) && c is not ('\n' or '\t') ? $"\\u{(int)c:x4}" : c.ToString()));
}
