using System.Globalization;
using System.Text;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;

namespace StreamAgg.Traffic.Generating;

/// <summary>Writes one good event in one of the many ways in which producers write them, and says what it must count as.</summary>
internal sealed class EventWriter(SeededRandom random, StringBuilder text)
{
    private const int Accounts = 20;

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
        ModelProfile model = Open(platform.Platform);
        time = recordTime is null ? Time(time) : TimeLeftOut(recordTime.GetValueOrDefault());
        Label(platform.Platform);
        var expected = new ExpectedEvent(time, platform.Platform, null, StatusClass.Other, IsTimeout: false);
        if (kind == EventKind.Usage)
        {
            expected = expected with { DurationMicros = Duration(platform) };
            Measures(model, platform, expected.DurationMicros);
        }
        else
        {
            FailureProfile failure = isOverloaded ? FailureProfile.Overloaded : random.Pick<FailureProfile>(FailureProfile.All);
            Failure(failure);
            expected = expected with { Status = failure.Class, IsTimeout = failure.CountsAsTimeout, IsFailure = true };
        }
        if (isTold && random.Chance(0.7))
            text.Append(",\"success\":").Append(AsText(expected.IsFailure ? "false" : "true"));
        Close();
        return expected;
    }

    /// <summary>Tokens, cost and, of most, the time to the first of them.</summary>
    private void Measures(ModelProfile model, PlatformProfile platform, long? durationMicros)
    {
        long input = (long)Math.Exp(7 + random.NextNormal()), output = (long)Math.Exp(5.5 + random.NextNormal());
        long cached = random.Chance(0.3) ? (long)(input * random.NextUnit()) : 0;
        double cost = (((input - (0.9 * cached)) * model.InputPrice) + (output * model.OutputPrice)) / 1e6;
        text.Append(CultureInfo.InvariantCulture, $",\"input_tokens\":{input},\"output_tokens\":{output}");
        if (cached > 0)
            text.Append(CultureInfo.InvariantCulture, $",\"cache_read_tokens\":{cached}");
        text.Append(CultureInfo.InvariantCulture, $",\"cost_usd\":{cost:0.000000}");
        double whole = durationMicros / 1000.0 ?? platform.MedianMs;
        if (random.Chance(0.7))
            text.Append(CultureInfo.InvariantCulture, $",\"ttft_ms\":{whole * (0.05 + (0.3 * random.NextUnit())):0.#}");
    }

    /// <summary>The beginning that events share.</summary>
    /// <returns>The model that is named in it.</returns>
    public ModelProfile Open(string platform = "")
    {
        IReadOnlyList<ModelProfile> models = ModelProfile.Of(platform);
        ModelProfile model = models[random.Chance(0.5) ? 0 : random.Below(models.Count)];
        double account = random.NextUnit();
        text.Append(CultureInfo.InvariantCulture, $"{{\"request_id\":\"req_{random.NextBits():x16}\",\"model\":\"{model.Name}\"");
        // A few of them make most of the requests.
        text.Append(CultureInfo.InvariantCulture, $",\"account\":\"acct-{(int)(Accounts * account * account * account):000}\"");
        return model;
    }

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
        if (failure.Is is { } flag)
            text.Append(",\"").Append(flag).Append("\":").Append(AsText("true"));
        if (failure.SaysTimeout is { } says)
            text.Append(",\"is_timeout\":").Append(AsText(says ? "true" : "false"));
        else if (random.Chance(0.1))
            text.Append(",\"is_timeout\":null");
    }
}
