using System.Globalization;
using System.Text;
using System.Text.Json;
using StreamAgg.Kafka.DeadLetters;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Reports;

/// <summary>A dead letter in full.</summary>
internal static class DeadLetterPage
{
    // What is not text is shown byte by byte: the value may be anything.
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static void WriteJson(Utf8JsonWriter json, DeadLetter letter)
    {
        json.WriteStartObject();
        DeadLetterLine.WriteMembers(json, letter);
        json.WriteString("kind", letter.Kind);
        json.WriteOrNull("record_timestamp", letter.RecordTimestampMilliseconds);
        json.WriteString("key", letter.Key is { } key ? TextOf(key) : null);
        json.WriteString("value", TextOf(letter.Value));
        json.WriteBase64String("value_base64", letter.Value);
        json.WriteOrNull("length_before_cut", letter.LengthBeforeCut);
        json.WriteOrNull("key_length_before_cut", letter.KeyLengthBeforeCut);
        json.WriteEndObject();
    }

    public static void Write(TextWriter output, DeadLetter letter)
    {
        // Whoever may write to the topic writes its headers, too.
        output.WriteLine(Visible.Of($"source     {letter.Topic} {letter.Partition} {letter.Offset}, {DeadLetterLine.Events(letter)}"));
        output.WriteLine(Visible.Of($"refused    {letter.Time}"));
        output.WriteLine(Visible.Of($"reason     {letter.Reason}"));
        output.WriteLine(Visible.Of($"detail     {letter.Detail}"));
        output.WriteLine(Visible.Of($"kind       {letter.Kind}"));
        output.WriteLine($"timestamp  {letter.RecordTimestampMilliseconds?.ToString(CultureInfo.InvariantCulture) ?? "none"}");
        output.WriteLine($"key        {(letter.Key is { } key ? Visible.Of(TextOf(key)) : "none")}{CutFrom(letter.KeyLengthBeforeCut)}");
        output.WriteLine($"value      {letter.Value.Length} bytes{CutFrom(letter.LengthBeforeCut)}");
        output.WriteLine(Visible.Of(TextOf(letter.Value), keepsLines: true));
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
}
