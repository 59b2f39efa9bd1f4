using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Simulation.Chance;
using StreamAgg.Simulation.Log;
using StreamAgg.Simulation.Tracing;

namespace StreamAgg.Simulation.Traffic;

/// <summary>Makes records together with their truth: what is written into the JSON and what it counts for come from the same draw.</summary>
internal sealed class RecordMaker(Prng chance, TrafficHabits habits, Happenings happenings)
{
    /// <summary>The most that a record holds.</summary>
    public const int MaxEvents = 4;

    /// <summary>No record is larger.</summary>
    public const int MaxBytes = 2_000;

    private readonly JsonText json = new();
    private readonly List<TrueEvent> events = [];
    private readonly List<TrueRefusal> refusals = [];

    /// <param name="kind">By the topic.</param>
    /// <param name="now">The gateway's clock: what the record is stamped with.</param>
    /// <param name="timestampMilliseconds">Of the record.</param>
    public (byte[] Value, Truth Truth) Make(EventKind kind, Instant now, out long timestampMilliseconds)
    {
        json.Clear();
        events.Clear();
        refusals.Clear();
        timestampMilliseconds = now.ToUnixMilliseconds();
        Instant stamped = Instant.FromUnixMilliseconds(timestampMilliseconds);
        if (chance.Chance(habits.PoisonRecordChance))
        {
            return chance.Chance(0.1)
                ? (AllRefused(), new Truth([], [.. refusals]))
                : (Poison(), new Truth([], [new TrueRefusal(Refusal.WholeRecord, RefusalReason.MalformedJson)]));
        }

        int count = chance.Chance(habits.BatchChance) ? chance.Below(MaxEvents + 1) : 1;
        bool isArray = count != 1 || chance.Chance(0.1);
        if (count > 1)
            happenings.Count(Happening.Batch);
        if (isArray)
            json.Append("["u8);
        for (int i = 0; i < count; i++)
        {
            if (i > 0)
                json.Append(","u8);
            Append(kind, stamped, i);
        }
        if (isArray)
            json.Append("]"u8);
        return (json.ToArray(), new Truth([.. events], [.. refusals]));
    }

    /// <summary>More bad events than get a letter each.</summary>
    private byte[] AllRefused()
    {
        int scalars = (int)chance.Between(60, 200), shapes = (int)chance.Between(60, 100);
        happenings.Count(Happening.RefusalsCollapsed);
        json.Append("["u8);
        for (int i = 0; i < scalars; i++)
            json.Append("0,"u8);
        for (int i = 0; i < shapes; i++)
            json.Append(i == 0 ? "{\"x\":1}"u8 : ",{}"u8);
        json.Append("]"u8);
        refusals.Add(new TrueRefusal(0, RefusalReason.NotAnObject, scalars));
        refusals.Add(new TrueRefusal(scalars, RefusalReason.UnknownShape, shapes));
        return json.ToArray();
    }

    private byte[] Poison() => chance.Below(4) switch
    {
        0 => [],
        1 => [0xFF, 0xFE, 0x00],
        2 => "{\"platform\":\"anthropic\",\"duration_ms\":"u8.ToArray(),
        _ => "{\"platform\":\"openai\"} x"u8.ToArray(),
    };

    private void Append(EventKind kind, Instant stamped, int index)
    {
        if (chance.Chance(habits.PoisonEventChance))
        {
            AppendPoison(stamped, index);
            return;
        }

        json.Append("{"u8);
        Instant time = AppendTime(stamped);
        string label = AppendLabel();
        long durationMicros = DecodedEvent.NoDuration;
        var status = StatusClass.Other;
        var errorClass = ErrorClass.Other;
        bool isTimeout = false;
        string? leftOut = null;
        if (kind == EventKind.Usage)
        {
            durationMicros = AppendDuration(out leftOut);
        }
        else
        {
            status = AppendStatus(out bool isTimeoutStatus, out errorClass);
            isTimeout = AppendTimeout(isTimeoutStatus);
        }
        var told = new TrueEvent(time, label, durationMicros, status, isTimeout, leftOut, errorClass);
        json.Append(",\"cost_usd\":"u8).Append(told.Amount).Append("e-6,\"input_tokens\":"u8).Append(told.Amount);
        if (kind == EventKind.Usage && told.Amount % 3 == 0)
            json.Append(",\"ttft_ms\":"u8).AppendThousandths(told.Amount);
        json.Append(",\"model\":\""u8).Append(told.Model).Append("\"}"u8);
        events.Add(told);
    }

    private void AppendPoison(Instant stamped, int index)
    {
        string reason;
        switch (chance.Below(8))
        {
            case 6:
                json.Append("{\"before\":null,\"after\":{\"platform\":\"a\"}}"u8);
                reason = RefusalReason.UnknownShape;
                break;
            case 7:
                json.Append("{\"created_at\":"u8).Append(stamped.ToUnixMilliseconds() / 1000).Append("}"u8);
                reason = RefusalReason.TooOld;
                break;
            case 0:
                json.Append("17"u8);
                reason = RefusalReason.NotAnObject;
                break;
            case 1:
                json.Append("{\"is_timeout\":false,\"platform\":{}}"u8);
                reason = RefusalReason.BadFieldPrefix + "platform";
                break;
            case 2:
                json.Append("{\"platform\":\""u8).Append(new string('x', 51)).Append("\"}"u8);
                reason = RefusalReason.BadPlatform;
                break;
            case 3:
                json.Append("{\"created_at\":\"1999-12-31T23:59:59Z\"}"u8);
                reason = RefusalReason.TooOld;
                break;
            case 4:
                json.Append("{\"created_at\":\"2026-01-01T00:00:00\"}"u8);
                reason = RefusalReason.BadFieldPrefix + "created_at";
                break;
            default:
                happenings.Count(Happening.FutureTimestamp);
                json.Append("{\"created_at\":"u8).Append((stamped + habits.MaxFuture).ToUnixMilliseconds() + chance.Between(1, 400_000_000)).Append("}"u8);
                reason = RefusalReason.InFuture;
                break;
        }
        refusals.Add(new TrueRefusal(index, reason));
    }

    private Instant AppendTime(Instant stamped)
    {
        Instant time = stamped;
        if (chance.Chance(habits.LateChance))
        {
            happenings.Count(Happening.LateEvent);
            time -= TimeSpan.FromMilliseconds(chance.Skewed(0, habits.LatestMilliseconds));
        }
        else if (chance.Chance(habits.FutureChance))
        {
            time += TimeSpan.FromMilliseconds(chance.Between(0, (long)habits.MaxFuture.TotalMilliseconds));
        }

        switch (time == stamped ? chance.Below(6) : 2 + chance.Below(4))
        {
            case 0:
                json.Append("\"created_at\":null"u8);
                break;
            case 1:
                json.Append("\"v\":1"u8);
                break;
            case 2:
                json.Append("\"created_at\":"u8).Append(time.ToUnixMilliseconds());
                break;
            case 3:
                json.Append("\"created_at\":\""u8).Append(time.ToUnixMilliseconds()).Append("\""u8);
                break;
            case 4:
                json.Append("\"created_at\":\""u8).Append((time - TimeSpan.FromHours(3)).ToUtcDateTime()).Append("-03\""u8);
                break;
            default:
                json.Append("\"created_at\":\""u8).Append((time + TimeSpan.FromMinutes(330)).ToUtcDateTime()).Append("+05:30\""u8);
                break;
        }
        return time;
    }

    private string AppendLabel()
    {
        string label = habits.Labels[(int)chance.Skewed(0, habits.Labels.Count)];
        switch (chance.Below(4))
        {
            case 0:
                json.Append(",\"platform\":\""u8).Append(label).Append("\""u8);
                break;
            case 3:
                json.Append(",\"platform\":\" \\t\",\"group_platform\":\" "u8).Append(label).Append("\\n\""u8);
                break;
            case 1:
                json.Append(",\"platform\":\"\",\"group_platform\":\""u8).Append(label).Append("\""u8);
                break;
            default:
                json.Append(",\"account_platform\":\""u8).Append(label).Append("\",\"platform\":null"u8);
                break;
        }
        return label;
    }

    private long AppendDuration(out string? leftOut)
    {
        leftOut = null;
        switch (chance.Below(9))
        {
            case 0:
                return DecodedEvent.NoDuration;
            case 8:
                happenings.Count(Happening.DurationLeftOut);
                bool isNegative = chance.Chance(0.5);
                leftOut = isNegative ? DurationsLeftOut.NegativeReason : DurationsLeftOut.TooLongReason;
                json.Append(isNegative ? ",\"duration_ms\":-5"u8 : ",\"duration_ms\":\"86400000.5\""u8);
                return DecodedEvent.NoDuration;
            case 1:
                json.Append(",\"duration_ms\":null"u8);
                return DecodedEvent.NoDuration;
            default:
                long micros = habits.DistinctDurations > 0 ? 1000L * chance.Below(habits.DistinctDurations) : chance.Skewed(0, 90_000_000);
                ReadOnlySpan<byte> quote = chance.Chance(0.1) ? "\""u8 : ""u8;
                json.Append(",\"duration_ms\":"u8).Append(quote).AppendThousandths(micros).Append(quote);
                return micros;
        }
    }

    private StatusClass AppendStatus(out bool isTimeout, out ErrorClass errorClass)
    {
        int status = chance.Below(5) switch { 0 => 0, 1 => 429, 2 => 503, 3 => 504, _ => 301 };
        isTimeout = status == 504;
        errorClass = status switch { 429 => ErrorClass.RateLimited, 503 => ErrorClass.Overloaded, _ => ErrorClass.Other };
        if (status != 0)
            json.Append(",\"status_code\":"u8).Append(status);
        return status is >= 400 and < 500 ? StatusClass.ClientError : status >= 500 ? StatusClass.ServerError : StatusClass.Other;
    }

    private bool AppendTimeout(bool isTimeoutStatus)
    {
        switch (chance.Below(8))
        {
            case 6:
                json.Append(",\"error_type\":\"ETIMEDOUT\",\"error_message\":[]"u8);
                return true;
            case 7:
                json.Append(",\"error_type\":504,\"error_message\":{\"cause\":\"Request timed out.\"}"u8);
                return true;
            case 0:
                json.Append(",\"is_timeout\":true"u8);
                return true;
            case 1:
                json.Append(",\"is_timeout\":false,\"error_type\":\"timeout\""u8);
                return false;
            case 2:
                json.Append(",\"error_type\":\"timeout_error\""u8);
                return true;
            case 3:
                json.Append(",\"error_message\":\"context Deadline Exceeded (9 s)\""u8);
                return true;
            default:
                json.Append(",\"error_message\":\"overloaded\""u8);
                return isTimeoutStatus;
        }
    }
}

/// <summary>What the gateways of one world are like.</summary>
internal sealed record TrafficHabits
{
    public required IReadOnlyList<string> Labels { get; init; }

    public required TimeSpan MaxFuture { get; init; }

    public double BatchChance { get; init; }

    public double PoisonRecordChance { get; init; }

    public double PoisonEventChance { get; init; }

    public double LateChance { get; init; }

    public double FutureChance { get; init; }

    /// <summary>How old a late event gets.</summary>
    public long LatestMilliseconds { get; init; }

    /// <summary>0: any duration; else so many different ones.</summary>
    public int DistinctDurations { get; init; }
}
