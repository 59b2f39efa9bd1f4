using System.Globalization;
using System.Text;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;

namespace StreamAgg.Traffic.Generating;

/// <summary>Writes one good event in one of the many ways in which producers write them, and says what it must count as.</summary>
internal sealed class EventWriter(SeededRandom random, StringBuilder text)
{
    private static readonly string[] Models = ["claude-sonnet-4", "gpt-4o-mini", "gemini-2.5-pro", "o4-mini", "deepseek-v3", "claude-haiku-3.5"];

    private static readonly EventField[] Summed = [.. EventFields.Numbers.Where(field => field.TellsEvent && !field.Number!.IsDuration)];

    /// <summary>Of tokens, or of millionths of a dollar, in one event.</summary>
    private const long MostUnits = 100_000;

    private static readonly (string Text, int Minutes)[] Offsets = [
        ("+00:00", 0), ("-00:00", 0), ("+05:30", 330), ("-08:00", -480), ("+08:00", 480), ("+13:45", 825), ("+00", 0), ("+0800", 480), ("-03", -180)];

    /// <param name="kind">Whether it succeeded or failed.</param>
    /// <param name="platform">Whose request it was.</param>
    /// <param name="time">When it was made; cut to what is written of it.</param>
    /// <param name="recordTime">Where it is not null, the event leaves its time to the record.</param>
    /// <param name="isTold">True where its topic does not tell whether it failed; what failed names its error in any case.</param>
    /// <param name="isOverloaded">A failure is the provider's that has too much to do, not any.</param>
    public ExpectedEvent Write(
        EventKind kind, PlatformProfile platform, Instant time, Instant? recordTime, bool isTold, bool isOverloaded = false)
    {
        Open();
        time = recordTime is null ? Time(time) : TimeLeftOut(recordTime.GetValueOrDefault());
        Label(platform.Platform);
        var expected = new ExpectedEvent(time, platform.Platform, null, StatusClass.Other, IsTimeout: false);
        if (kind == EventKind.Usage)
            expected = expected with { DurationMicros = Duration(platform) };
        else
        {
            FailureProfile failure = isOverloaded ? FailureProfile.Overloaded : random.Pick<FailureProfile>(FailureProfile.All);
            Failure(failure);
            expected = expected with { Status = failure.Class, IsTimeout = failure.CountsAsTimeout, IsFailure = true };
        }
        if (isTold && random.Chance(0.7))
            text.Append(",\"success\":").Append(AsText(expected.IsFailure ? "false" : "true"));
        (string, long)[] numbers = [.. Summed.Where(field => field.IsReadOf(kind)).Select(Number)];
        Close();
        return numbers.Length == 0 ? expected : expected with { Numbers = numbers };
    }

    private (string Name, long Value) Number(EventField field)
    {
        long value = (long)(random.NextUnit() * Math.Min(field.Number!.Max, MostUnits));
        text.Append(CultureInfo.InvariantCulture, $",\"{field.Name}\":{value}e-{field.Number.Decimals}");
        return (field.Name, value);
    }

    /// <summary>The beginning that events share: fields that nobody counts.</summary>
    public void Open() =>
        text.Append(CultureInfo.InvariantCulture, $"{{\"request_id\":\"req_{random.NextBits():x16}\",\"model\":\"{random.Pick<string>(Models)}\"");

    public void Close() =>
        text.Append(CultureInfo.InvariantCulture, $",\"stream\":{(random.Chance(0.7) ? "true" : "false")},\"user_id\":{random.Below(5000)}}}");

    private Instant Time(Instant time)
    {
        double way = random.NextUnit();
        if (way < 0.2)
        {
            long milliseconds = time.ToUnixMilliseconds();
            text.Append(",\"created_at\":").Append(AsText(milliseconds.ToString(CultureInfo.InvariantCulture)));
            return Instant.FromUnixMilliseconds(milliseconds);
        }
        (string form, string zone, int minutes, long unit) = way switch
        {
            < 0.75 => ("yyyy-MM-dd'T'HH:mm:ss.fff", "Z", 0, TimeSpan.TicksPerMillisecond),
            < 0.80 => ("yyyy-MM-dd'T'HH:mm:ss", "Z", 0, TimeSpan.TicksPerSecond),
            < 0.85 => ("yyyy-MM-dd HH:mm:ss.ffffff", "z", 0, TimeSpan.TicksPerMicrosecond),
            < 0.90 => ("yyyy-MM-dd't'HH:mm:ss.fffffff", "99Z", 0, 1),
            _ => random.Pick<(string, int)>(Offsets) is var (offset, ahead) ? ("yyyy-MM-dd'T'HH:mm:ss.fffffff", offset, ahead, 1L) : default,
        };
        var cut = new Instant(time.UnixTicks - (time.UnixTicks % unit));
        string local = (cut + TimeSpan.FromMinutes(minutes)).ToUtcDateTime().ToString(form, CultureInfo.InvariantCulture);
        text.Append(CultureInfo.InvariantCulture, $",\"created_at\":\"{local}{zone}\"");
        return cut;
    }

    private Instant TimeLeftOut(Instant recordTime)
    {
        text.Append(random.Pick<string>(["", ",\"created_at\":null", ",\"created_at\":\"\""]));
        return recordTime;
    }

    private void Label(string platform)
    {
        string value = Quoted(platform);
        double way = random.NextUnit();
        if (platform.Length == 0)
            text.Append(random.Pick<string>(["", ",\"platform\":\"\"", ",\"platform\":null,\"group_platform\":\"\""]));
        else if (way < 0.85)
            text.Append(",\"platform\":").Append(value);
        else if (way < 0.93)
            text.Append(random.Pick<string>([",\"platform\":\"\"", ",\"platform\":null", ""])).Append(",\"group_platform\":").Append(value)
                .Append(",\"account_platform\":\"someone\"");
        else
            text.Append(",\"account_platform\":").Append(value).Append(",\"platform\":\"\",\"group_platform\":null");
    }

    /// <summary>Now and then as a string: many an access log knows no other value.</summary>
    private string AsText(string value) => random.Chance(0.05) ? $"\"{value}\"" : value;

    /// <summary>Now and then every character is escaped, as some serializers do for what is not ASCII, or white space is left around.</summary>
    private string Quoted(string platform) =>
        random.Chance(0.03) ? $"\" {platform}\\t\""
        : random.Chance(0.05) ? '"' + string.Concat(platform.Select(unit => $"\\u{(int)unit:x4}")) + '"' : '"' + platform + '"';

    private long? Duration(PlatformProfile platform)
    {
        if (random.Chance(0.02))
        {
            text.Append(random.Pick<string>(["", ",\"duration_ms\":null"]));
            return null;
        }
        if (random.Chance(0.003))
        {
            // Two clocks, or another unit: the request counts, this does not.
            text.Append(
                random.Pick<string>(
                    [",\"duration_ms\":-5", ",\"duration_ms\":\"-0.25\"", ",\"duration_ms\":86400000.001", ",\"duration_ms\":1738317600000"]));
            return null;
        }
        bool isSlow = platform.SlowShare > 0 && random.Chance(platform.SlowShare);
        double milliseconds = isSlow
            ? platform.SlowMs + (2 * random.NextUnit())
            : platform.MedianMs * Math.Exp(platform.Spread * random.NextNormal());
        long micros = Math.Clamp((long)(milliseconds * 1000), 0, 86_400_000_000);
        double way = random.NextUnit();
        if (way < 0.5)
            micros -= micros % 1000;
        string written = way switch
        {
            < 0.5 => string.Create(CultureInfo.InvariantCulture, $"{micros / 1000}"),
            < 0.95 => string.Create(CultureInfo.InvariantCulture, $"{micros / 1000}.{micros % 1000:000}"),
            < 0.98 => string.Create(CultureInfo.InvariantCulture, $"{micros}e-3"),
            // A digit more than is counted, which rounds to what went before.
            _ when micros < 86_400_000_000 => string.Create(CultureInfo.InvariantCulture, $"{micros / 1000}.{micros % 1000:000}4"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{micros / 1000}"),
        };
        text.Append(",\"duration_ms\":").Append(AsText(written));
        return micros;
    }

    private void Failure(FailureProfile failure)
    {
        if (failure.Status is { } status)
            text.Append(",\"status_code\":")
                .Append(AsText(string.Create(CultureInfo.InvariantCulture, $"{status}{(random.Chance(0.02) ? ".0" : "")}")));
        text.Append(",\"error_type\":\"").Append(failure.Type).Append("\",\"error_message\":");
        // Some hand the upstream's body on as they have it.
        bool isBody = random.Chance(0.05);
        text.Append(isBody ? "{\"error\":{\"message\":\"" : "\"").Append(failure.Message).Append(isBody ? "\"}}" : "\"");
        if (failure.SaysTimeout is { } says)
            text.Append(",\"is_timeout\":").Append(AsText(says ? "true" : "false"));
        else if (random.Chance(0.1))
            text.Append(",\"is_timeout\":null");
    }
}
