using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using StreamAgg.Core.Events;

namespace StreamAgg.Core.Tests.Events;

public sealed class EventSchemaTests
{
    private static readonly string[] Names =
        ["created_at", "platform", "group_platform", "account_platform", "duration_ms", "status_code", "error_type", "error_message", "is_timeout", "success", "model"];

    private static readonly string[] Values =
    [
        "null", "\"\"", "true", "false", "0", "-0", "-1", "12.5", "429", "429.0", "4.29e2", "86400000", "86400000.5", "{}", "[]", "\" \"", "\"openai\"",
        "\"" + new string('é', 50) + "\"", "\"" + new string('é', 51) + "\"", "\"a\\u0000\"", "\"\\ud83d\\ude00\"",
        "\"2025-01-31T10:00:00Z\"", "\"2025-01-31 10:00:00.123456789+05:30\"", "\"2024-12-31t23:59:60z\"", "\"2025-01-31T10:00:00\"", "\"2025-01-31T24:00:00Z\"",
        "\"2025-01-31T10:00:00+0800\"", "\"2025-01-31T10:00:00+08\"", "\"2025-01-31T10:00:00+8\"", "\"1738317600000\"", "\"1738317600\"", "\"429\"", "\"429.0\"", "\"429.5\"",
        "\"0\"", "\"1\"", "1", "1.0", "\"True\"", "\"FALSE\"", "\"yes\"", "\" a\\t\"", "\"\\t\\n\"", "\"  " + new string('é', 49) + "x  \"", "\" " + new string('é', 51) + " \"",
        "\"" + string.Concat(Enumerable.Repeat("😀", 50)) + "\"", "\"" + string.Concat(Enumerable.Repeat("😀", 51)) + "\"",
        "\"2025-01-31T10:00:00+24:00\"", "\"2025-13-31T10:00:00Z\"", "\"2025-01-31\"", "1738317600000", "946684800000", "946684799999", "1738317600000.5",
    ];

    [Theory]
    [InlineData(EventKind.Usage)]
    [InlineData(EventKind.Error)]
    [InlineData(EventKind.Request)]
    public void The_schema_says_what_the_decoder_reads(EventKind kind)
    {
        using JsonDocument schema = JsonDocument.Parse(EventSchema.Of(kind));
        int valid = 0, invalid = 0;
        foreach (string first in Names)
            foreach (string second in Names)
                foreach (string value in Values)
                    foreach (string other in (string[])["\"\"", "null", "\"openai\"", "\" \"", "5", "{}"])
                    {
                        if (first == second)
                            continue;
                        string json = $$"""{"{{first}}":{{value}},"{{second}}":{{other}}}""";
                        using JsonDocument document = JsonDocument.Parse(json);
                        bool accepts = Accepts(schema.RootElement, document.RootElement);
                        bool counts = Decoding.Of(kind, Encoding.UTF8.GetBytes(json)).Accepted.Count == 1;
                        Assert.True(accepts == counts, $"{json}: schema {accepts}, decoder {counts}");
                        (valid, invalid) = accepts ? (valid + 1, invalid) : (valid, invalid + 1);
                    }
        Assert.True(valid > 1000 && invalid > 1000, $"{valid} valid, {invalid} not");
    }

    [Theory]
    [InlineData(EventKind.Usage, "created_at,platform,group_platform,account_platform,duration_ms,ttft_ms,input_tokens,output_tokens,cache_read_tokens,cache_write_tokens,cost_usd")]
    [InlineData(EventKind.Error, "created_at,platform,group_platform,account_platform,status_code,error_type,error_message,is_timeout,upstream_status_code,is_cancelled,is_business_limited,input_tokens,output_tokens,cache_read_tokens,cache_write_tokens,cost_usd")]
    [InlineData(EventKind.Request, "created_at,platform,group_platform,account_platform,duration_ms,status_code,error_type,error_message,is_timeout,success,upstream_status_code,is_cancelled,is_business_limited,ttft_ms,input_tokens,output_tokens,cache_read_tokens,cache_write_tokens,cost_usd")]
    public void The_schema_names_the_fields_that_are_read_and_describes_each(EventKind kind, string fields)
    {
        using JsonDocument schema = JsonDocument.Parse(EventSchema.Of(kind));
        Assert.Equal("https://json-schema.org/draft/2020-12/schema", schema.RootElement.GetProperty("$schema").GetString());
        JsonProperty[] properties = [.. schema.RootElement.GetProperty("properties").EnumerateObject()];
        Assert.Equal(fields, string.Join(',', properties.Select(p => p.Name)));
        Assert.All(properties, p => Assert.NotEmpty(p.Value.GetProperty("description").GetString()!));
    }

    /// <summary>Producers hold it against their own: no letter of it changes unseen.</summary>
    [Theory]
    [InlineData(EventKind.Usage, "B8858F421E3729E7171B4662F5D19AABE36CEE6641A2F2F0E9343FBE9A08E399")]
    [InlineData(EventKind.Request, "47DC92F0CF44E2AF4C8E5E295C5B2130E7C86AD79938FCD8ED11B2922B69E685")]
    [InlineData(EventKind.Error, "55B25B902C6F35DF93D4D300ADDF2DCB91EFE2E084A0F5E7723E19FA921E6C14")]
    public void The_schema_is_the_text_that_was_published(EventKind kind, string sha256) =>
        Assert.Equal(sha256, Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(EventSchema.Of(kind)))));

    /// <summary>The few keywords that the schemas use; an unknown one fails the test.</summary>
    private static bool Accepts(JsonElement schema, JsonElement value)
    {
        foreach (JsonProperty keyword in schema.EnumerateObject())
        {
            JsonElement rule = keyword.Value;
            bool holds = keyword.Name switch
            {
                "$schema" or "$id" or "title" or "description" or "then" or "else" => true,
                "type" => rule.ValueKind == JsonValueKind.Array ? rule.EnumerateArray().Any(t => IsOf(t.GetString()!, value)) : IsOf(rule.GetString()!, value),
                "anyOf" => rule.EnumerateArray().Any(s => Accepts(s, value)),
                "enum" => rule.EnumerateArray().Any(e => JsonElement.DeepEquals(e, value)),
                "minimum" => value.ValueKind != JsonValueKind.Number || value.GetDecimal() >= rule.GetDecimal(),
                "maximum" => value.ValueKind != JsonValueKind.Number || value.GetDecimal() <= rule.GetDecimal(),
                "minLength" => value.ValueKind != JsonValueKind.String || value.GetString()!.EnumerateRunes().Count() >= rule.GetInt32(),
                "maxLength" => value.ValueKind != JsonValueKind.String || value.GetString()!.EnumerateRunes().Count() <= rule.GetInt32(),
                "pattern" => value.ValueKind != JsonValueKind.String
                    || Regex.IsMatch(value.GetString()!, rule.GetString()!, RegexOptions.ECMAScript, TimeSpan.FromSeconds(1)),
                "properties" => rule.EnumerateObject().All(p => !value.TryGetProperty(p.Name, out JsonElement member) || Accepts(p.Value, member)),
                "required" => rule.EnumerateArray().All(name => value.TryGetProperty(name.GetString()!, out _)),
                "if" => Accepts(schema.GetProperty(Accepts(rule, value) ? "then" : "else"), value),
                _ => throw new NotSupportedException(keyword.Name),
            };
            if (!holds)
                return false;
        }
        return true;
    }

    private static bool IsOf(string type, JsonElement value) => (type, value.ValueKind) switch
    {
        ("object", JsonValueKind.Object) or ("string", JsonValueKind.String) or ("null", JsonValueKind.Null) or ("number", JsonValueKind.Number)
            or ("boolean", JsonValueKind.True or JsonValueKind.False) => true,
        ("integer", JsonValueKind.Number) => decimal.IsInteger(value.GetDecimal()),
        _ => false,
    };
}
