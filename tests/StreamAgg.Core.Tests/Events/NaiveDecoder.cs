using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;

namespace StreamAgg.Core.Tests.Events;

/// <summary>The contract once more, written for the eye alone: object trees, strings, big integers, regular expressions.</summary>
internal static partial class NaiveDecoder
{
    public static Decoding Decode(EventKind kind, byte[] value, long? timestamp)
    {
        List<JsonElement> events;
        try
        {
            _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(value);
            events = Events(value);
        }
        catch (Exception e) when (e is DecoderFallbackException or JsonException)
        {
            return new Decoding([], [new Refusal(-1, "malformed_json", "", 0, value.Length)]);
        }
        var accepted = new List<Counted>();
        var refused = new List<Refusal>();
        foreach (var (index, element) in events.Index())
        {
            string? reason = Judge(kind, element, timestamp, out Counted? counted);
            if (reason is null)
                accepted.Add(counted!);
            else
                refused.Add(new Refusal(index, reason, "", 0, 0));
        }
        return new Decoding(accepted, refused);
    }

    private static List<JsonElement> Events(byte[] value)
    {
        var events = new List<JsonElement>();
        var reader = new Utf8JsonReader(value, new JsonReaderOptions { AllowMultipleValues = true, MaxDepth = 64 });
        int values = 0;
        for (; reader.Read(); values++)
        {
            JsonElement element = JsonElement.ParseValue(ref reader);
            if (element.ValueKind == JsonValueKind.Array)
                events.AddRange(element.EnumerateArray());
            else
                events.Add(element);
        }
        return values > 0 ? events : throw new JsonException("no value");
    }

    private static string? Judge(EventKind kind, JsonElement element, long? timestamp, out Counted? counted)
    {
        counted = null;
        if (element.ValueKind != JsonValueKind.Object)
            return "not_an_object";
        var last = new Dictionary<string, JsonElement>();
        foreach (JsonProperty property in element.EnumerateObject())
            if (NameOf(property) is { } name)
                last[name] = property.Value;
        JsonElement? Get(string name) =>
            last.TryGetValue(name, out JsonElement found) && found.ValueKind != JsonValueKind.Null && !(found.ValueKind == JsonValueKind.String && found.GetRawText() == "\"\"")
                ? found : null;

        Instant? time = timestamp is null ? null : Instant.FromUnixMilliseconds(timestamp.Value);
        if (Get("created_at") is { } createdAt)
            time = createdAt.ValueKind == JsonValueKind.String ? ReadTime(TextOf(createdAt)) : createdAt.ValueKind == JsonValueKind.Number ? ReadEpoch(createdAt.GetRawText()) : null;
        if (time is null)
            return "bad_field:created_at";

        string label = "";
        foreach (string name in (string[])["platform", "group_platform", "account_platform"])
        {
            if (Get(name) is not { } platform)
                continue;
            if (platform.ValueKind != JsonValueKind.String || TextOf(platform) is not { } text)
                return "bad_field:" + name;
            label = label == "" ? text : label;
        }

        long micros = -1;
        var status = StatusClass.Other;
        bool isTimeout = false;
        if (kind == EventKind.Usage)
        {
            if (Get("duration_ms") is { } duration)
            {
                if (duration.ValueKind != JsonValueKind.Number)
                    return "bad_field:duration_ms";
                var (n, d) = Fraction(duration.GetRawText());
                if (n < 0 || n > 86_400_000 * d)
                    return "bad_field:duration_ms";
                micros = (long)(((n * 2000) + d) / (2 * d));
            }
        }
        else
        {
            if (Get("status_code") is { } code)
            {
                if (code.ValueKind != JsonValueKind.Number)
                    return "bad_field:status_code";
                var (n, d) = Fraction(code.GetRawText());
                if (n % d != 0)
                    return "bad_field:status_code";
                status = n / d >= 500 ? StatusClass.ServerError : n / d >= 400 ? StatusClass.ClientError : StatusClass.Other;
            }
            foreach (string name in (string[])["error_type", "error_message"])
                if (Get(name) is { ValueKind: not JsonValueKind.String })
                    return "bad_field:" + name;
            if (Get("is_timeout") is { } flag)
            {
                if (flag.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
                    return "bad_field:is_timeout";
                isTimeout = flag.GetBoolean();
            }
            else
            {
                string message = AsciiLower(Get("error_message") is { } m ? TextOf(m) ?? m.GetRawText() : "");
                isTimeout = (Get("error_type") is { } type && TextOf(type) is "timeout" or "timeout_error")
                    || message.Contains("timeout", StringComparison.Ordinal) || message.Contains("deadline exceeded", StringComparison.Ordinal);
            }
        }

        if (label.EnumerateRunes().Count() > 50 || label.Contains('\0'))
            return "bad_platform";
        if (time.Value.ToUtcDateTime().Year < 2000)
            return "too_old";
        BigInteger ticks = time.Value.UnixTicks;
        if (ticks > DateTime.MaxValue.Ticks - DateTime.UnixEpoch.Ticks)
            return "in_future";
        if (timestamp is not null && ticks > (BigInteger)timestamp.Value * 10_000 + Decoding.MaxFuture.Ticks)
            return "in_future";
        counted = new Counted(time.Value, label, micros, status, isTimeout);
        return null;
    }

    private static string? NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string? TextOf(JsonElement text)
    {
        try
        {
            return text.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string AsciiLower(string text) => string.Concat(text.Select(c => c is >= 'A' and <= 'Z' ? (char)(c + 32) : c));

    private static (BigInteger Numerator, BigInteger Denominator) Fraction(string number)
    {
        Match match = Number().Match(number);
        Assert.True(match.Success);
        string digits = match.Groups["whole"].Value + match.Groups["fraction"].Value;
        int exponent = int.Parse(match.Groups["exponent"].Value is { Length: > 0 } e ? e : "0", CultureInfo.InvariantCulture) - match.Groups["fraction"].Length;
        BigInteger n = BigInteger.Parse(digits, CultureInfo.InvariantCulture) * (match.Groups["sign"].Value == "-" ? -1 : 1);
        return exponent >= 0 ? (n * BigInteger.Pow(10, exponent), 1) : (n, BigInteger.Pow(10, -exponent));
    }

    private static Instant? ReadEpoch(string number)
    {
        var (n, d) = Fraction(number);
        if (n % d != 0)
            return null;
        BigInteger milliseconds = n / d;
        return Instant.FromUnixMilliseconds(
            milliseconds > long.MaxValue ? long.MaxValue : milliseconds < long.MinValue ? long.MinValue : (long)milliseconds);
    }

    private static Instant? ReadTime(string? text)
    {
        if (text is null || DateTimePattern().Match(text) is not { Success: true } match)
            return null;
        int Part(string name) => int.Parse(match.Groups[name].Value, CultureInfo.InvariantCulture);
        // Year 0 is 400 years, 146,097 days, before year 400 of the same calendar.
        int year = Part("y"), shift = year == 0 ? 400 : 0;
        if (Part("mo") is < 1 or > 12 || Part("d") < 1 || Part("d") > DateTime.DaysInMonth(year + shift, Part("mo")) || Part("h") > 23 || Part("mi") > 59 || Part("s") > 60)
            return null;
        long offset = 0;
        if (match.Groups["sign"].Success)
        {
            if (Part("oh") > 23 || Part("om") > 59)
                return null;
            offset = ((Part("oh") * 60) + Part("om")) * (match.Groups["sign"].Value == "-" ? -1 : 1);
        }
        long ticks = new DateTime(year + shift, Part("mo"), Part("d"), Part("h"), Part("mi"), Math.Min(Part("s"), 59), DateTimeKind.Utc).Ticks;
        ticks -= shift == 0 ? 0 : 146_097 * TimeSpan.TicksPerDay;
        string fraction = match.Groups["f"].Value.PadRight(7, '0')[..7];
        return new Instant(ticks - DateTime.UnixEpoch.Ticks - (offset * TimeSpan.TicksPerMinute) + long.Parse(fraction, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"\A(?<sign>-?)(?<whole>[0-9]+)(\.(?<fraction>[0-9]+))?([eE](?<exponent>[-+]?[0-9]+))?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Number();

    [GeneratedRegex(@"\A(?<y>[0-9]{4})-(?<mo>[0-9]{2})-(?<d>[0-9]{2})[Tt ](?<h>[0-9]{2}):(?<mi>[0-9]{2}):(?<s>[0-9]{2})(\.(?<f>[0-9]+))?([Zz]|(?<sign>[-+])(?<oh>[0-9]{2}):(?<om>[0-9]{2}))\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DateTimePattern();
}
