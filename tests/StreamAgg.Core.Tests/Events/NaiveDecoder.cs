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
    public static Decoding Decode(EventKind kind, byte[] value, long? timestamp, EventOptions options)
    {
        List<JsonElement> events;
        try
        {
            byte[] json = value is [0, _, _, _, _, .. byte[] behind] ? behind : value;
            _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(json);
            events = Events(json);
        }
        catch (Exception e) when (e is DecoderFallbackException or JsonException)
        {
            return new Decoding([], [new Refusal(-1, "malformed_json", "", 0, value.Length)]);
        }
        if (timestamp < 946_684_800_000)
            timestamp = null;
        var accepted = new List<Counted>();
        var refused = new List<Refusal>();
        int negative = 0, tooLong = 0;
        foreach (var (index, element) in events.Index())
        {
            string? reason = Judge(kind, element, timestamp, options, out Counted? counted, out string? leftOut);
            if (reason is null)
                accepted.Add(counted!);
            else
                refused.Add(new Refusal(index, reason, "", 0, 0));
            negative += reason is null && leftOut == "negative" ? 1 : 0;
            tooLong += reason is null && leftOut == "too_long" ? 1 : 0;
        }
        if (refused.Count > 100)
            refused = [.. refused.GroupBy(refusal => refusal.Reason).Select(all => all.First() with { Events = all.Count(), Length = value.Length })];
        return new Decoding(accepted, refused, new DurationsLeftOut(negative, tooLong));
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

    private static string? Judge(
        EventKind kind, JsonElement element, long? timestamp, EventOptions options, out Counted? counted, out string? leftOut)
    {
        (counted, leftOut) = (null, null);
        if (element.ValueKind != JsonValueKind.Object)
            return "not_an_object";
        var last = new Dictionary<string, JsonElement>();
        foreach (JsonProperty property in element.EnumerateObject())
            if (LooseText.NameOf(property) is { } name)
                last[name] = property.Value;
        string[] read = kind switch
        {
            EventKind.Usage => ["duration_ms"],
            EventKind.Error => ["status_code", "error_type", "error_message", "is_timeout"],
            _ => ["duration_ms", "status_code", "error_type", "error_message", "is_timeout", "success"],
        };
        if (!read.Concat(["created_at", "platform", "group_platform", "account_platform"]).Any(last.ContainsKey))
            return "unknown_shape";
        JsonElement? Get(string name) =>
            last.TryGetValue(name, out JsonElement found) && found.ValueKind != JsonValueKind.Null && !(found.ValueKind == JsonValueKind.String && found.GetRawText() == "\"\"")
                ? found : null;

        Instant? time = timestamp is null ? null : Instant.FromUnixMilliseconds(timestamp.Value);
        if (Get("created_at") is { } createdAt)
            time = (createdAt.ValueKind == JsonValueKind.String ? ReadTime(LooseText.TextOf(createdAt)) : null)
                ?? (NumberOf(createdAt) is { } number ? ReadEpoch(number, options.TimeUnit) : null);
        if (time is null)
            return "bad_field:created_at";

        string label = "";
        foreach (string name in (string[])["platform", "group_platform", "account_platform"])
        {
            if (Get(name) is not { } platform)
                continue;
            if ((platform.ValueKind == JsonValueKind.Number ? platform.GetRawText() : platform.ValueKind == JsonValueKind.String ? LooseText.TextOf(platform) : null) is not { } text)
                return "bad_field:" + name;
            label = label == "" ? text.Trim(' ', '\t', '\n', '\v', '\f', '\r') : label;
        }
        if (options.LabelCase == LabelCase.Lower)
            label = label.ToLowerInvariant();

        long micros = -1;
        var status = StatusClass.Other;
        bool isTimeout = false;
        if (kind != EventKind.Error)
        {
            if (Get("duration_ms") is { } duration)
            {
                if (NumberOf(duration) is not { } number)
                    return "bad_field:duration_ms";
                var (n, d) = Fraction(number);
                BigInteger unitsASecond = BigInteger.Pow(10, (int)options.DurationUnit);
                if (n < 0)
                    leftOut = "negative";
                else if (n * TimeSpan.TicksPerSecond > options.MaxDuration.Ticks * unitsASecond * d)
                    leftOut = "too_long";
                else
                    micros = (long)(((n * 2_000_000) + (d * unitsASecond)) / (2 * d * unitsASecond));
            }
        }
        bool isFailure = kind == EventKind.Error;
        if (kind != EventKind.Usage)
        {
            if (Get("status_code") is { } code)
            {
                if (NumberOf(code) is not { } number)
                    return "bad_field:status_code";
                var (n, d) = Fraction(number);
                if (n % d != 0)
                    return "bad_field:status_code";
                status = n / d >= 500 ? StatusClass.ServerError : n / d >= 400 ? StatusClass.ClientError : StatusClass.Other;
                isTimeout = n / d == 408 || n / d == 504;
            }
            string type = Get("error_type") is { ValueKind: JsonValueKind.String } t ? t.GetStringOrText() : "";
            string message = Get("error_message") is { } m ? m.GetStringOrText() : "";
            isTimeout |= TimeoutType().IsMatch(type) || TimeoutMessage().IsMatch(message);
            if (Get("is_timeout") is { } flag)
            {
                if (FlagOf(flag) is not { } said)
                    return "bad_field:is_timeout";
                isTimeout = said;
            }
            isFailure |= status != StatusClass.Other || type != "" || Get("error_message") is not null;
        }
        if (kind == EventKind.Request && Get("success") is { } success)
        {
            if (FlagOf(success) is not { } said)
                return "bad_field:success";
            isFailure = !said;
        }
        if (kind == EventKind.Request && isFailure)
            (micros, leftOut) = (-1, null);
        else if (!isFailure)
            (status, isTimeout) = (StatusClass.Other, false);

        if (label.EnumerateRunes().Count() > 50 || label.Contains('\0'))
            return "bad_platform";
        if (time.Value.ToUtcDateTime().Year < 2000)
            return "too_old";
        BigInteger ticks = time.Value.UnixTicks;
        if (ticks > DateTime.MaxValue.Ticks - DateTime.UnixEpoch.Ticks)
            return "in_future";
        if (timestamp is not null && ticks > (BigInteger)timestamp.Value * 10_000 + Decoding.MaxFuture.Ticks)
            return "in_future";
        counted = new Counted(time.Value, label, micros, status, isTimeout, isFailure);
        return null;
    }

    private static bool? FlagOf(JsonElement flag)
    {
        string said = flag.ValueKind == JsonValueKind.String ? LooseText.TextOf(flag) ?? "?" : flag.GetRawText();
        if (flag.ValueKind == JsonValueKind.Number)
            said = Fraction(said) is var (n, d) && n == d ? "1" : n == 0 ? "0" : "?";
        return AsciiLower(said) switch { "true" or "1" => true, "false" or "0" => false, _ => null };
    }

    /// <summary>The digits of a number, or of a string that holds nothing else.</summary>
    private static string? NumberOf(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number ? value.GetRawText()
        : value.ValueKind == JsonValueKind.String && LooseText.TextOf(value) is { } text && WholeNumber().IsMatch(text) ? text
        : null;

    private static string GetStringOrText(this JsonElement value) => value.ValueKind == JsonValueKind.String ? LooseText.TextOf(value) ?? value.GetRawText() : value.GetRawText();

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

    private static Instant? ReadEpoch(string number, TimeUnit unit)
    {
        var (n, d) = Fraction(number);
        if (n % d != 0 && unit != TimeUnit.Seconds)
            return null;
        BigInteger ticks = n * TimeSpan.TicksPerSecond / (d * BigInteger.Pow(10, (int)unit));
        return new Instant(ticks > long.MaxValue ? long.MaxValue : ticks < long.MinValue ? long.MinValue : (long)ticks);
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
            int minutes = match.Groups["om"].Success ? Part("om") : 0;
            if (Part("oh") > 23 || minutes > 59)
                return null;
            offset = ((Part("oh") * 60) + minutes) * (match.Groups["sign"].Value == "-" ? -1 : 1);
        }
        long ticks = new DateTime(year + shift, Part("mo"), Part("d"), Part("h"), Part("mi"), Math.Min(Part("s"), 59), DateTimeKind.Utc).Ticks;
        ticks -= shift == 0 ? 0 : 146_097 * TimeSpan.TicksPerDay;
        string fraction = match.Groups["f"].Value.PadRight(7, '0')[..7];
        return new Instant(ticks - DateTime.UnixEpoch.Ticks - (offset * TimeSpan.TicksPerMinute) + long.Parse(fraction, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"\A-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex WholeNumber();

    [GeneratedRegex("[Tt][Ii][Mm][Ee]([Oo][Uu][Tt]|[Dd]_?[Oo][Uu][Tt])", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TimeoutType();

    [GeneratedRegex("[Tt][Ii][Mm][Ee]([Oo][Uu][Tt]|[Dd][_ ]?[Oo][Uu][Tt])|[Dd][Ee][Aa][Dd][Ll][Ii][Nn][Ee] [Ee][Xx][Cc][Ee][Ee][Dd][Ee][Dd]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TimeoutMessage();

    [GeneratedRegex(@"\A(?<sign>-?)(?<whole>[0-9]+)(\.(?<fraction>[0-9]+))?([eE](?<exponent>[-+]?[0-9]+))?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Number();

    [GeneratedRegex(@"\A(?<y>[0-9]{4})-(?<mo>[0-9]{2})-(?<d>[0-9]{2})[Tt ](?<h>[0-9]{2}):(?<mi>[0-9]{2}):(?<s>[0-9]{2})(\.(?<f>[0-9]+))?([Zz]|(?<sign>[-+])(?<oh>[0-9]{2})(:?(?<om>[0-9]{2}))?)\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DateTimePattern();
}
