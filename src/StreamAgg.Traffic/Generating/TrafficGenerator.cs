using System.Text;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;

namespace StreamAgg.Traffic.Generating;

/// <summary>Plays a gateway on a virtual clock: the records that it would have sent up to a moment, and what must become of each.</summary>
/// <remarks>
/// Deterministic: the same options give the same bytes, however the time is cut into steps. Records come in the order of their
/// timestamps, their events do not. Not thread-safe.
/// </remarks>
public sealed class TrafficGenerator
{
    private const int MaxBatch = 25;

    /// <summary>The hour of the day (UTC) with the most traffic, and how far it swings around the average.</summary>
    private const double PeakHour = 15, Swing = 0.6;

    private readonly TrafficOptions options;
    private readonly SeededRandom random;
    private readonly EventWriter writer;
    private readonly PoisonWriter poison;
    private readonly ErrorBursts bursts;
    private readonly double totalWeight;
    private readonly int storyDays;
    private readonly StringBuilder text = new();
    private readonly List<ExpectedEvent> accepted = [];

    /// <summary>Ticks since <see cref="TrafficOptions.Start"/>; a double would lose ticks only after years.</summary>
    private double arrivalTicks;

    public TrafficGenerator(TrafficOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!(options.EventsPerSecond > 0))
            throw new ArgumentOutOfRangeException(nameof(options), options.EventsPerSecond, "EventsPerSecond must be above 0.");
        if (options.Platforms.Count == 0 || options.Platforms.Any(p => !(p.Weight > 0)))
            throw new ArgumentException("Platforms must hold at least one, each with a weight above 0.", nameof(options));
        this.options = options;
        random = new SeededRandom(options.Seed);
        writer = new EventWriter(random, text);
        poison = new PoisonWriter(random, text, writer);
        bursts = new ErrorBursts(random, options);
        storyDays = options.Incidents.Select(incident => incident.Day).DefaultIfEmpty(1).Max();
        totalWeight = options.Platforms.Sum(p => p.Weight);
        MoveOn(events: 1);
    }

    /// <summary>The records from where the last call stopped up to and including a moment of the virtual clock.</summary>
    /// <remarks>Enumerate it to its end, or the rest comes with the next call.</remarks>
    public IEnumerable<GeneratedRecord> Until(Instant now)
    {
        while (options.Start.UnixTicks + (long)arrivalTicks is var arrival && arrival <= now.UnixTicks)
        {
            GeneratedRecord record = Next(Instant.FromUnixMilliseconds(new Instant(arrival).ToUnixMilliseconds()));
            MoveOn(record.ProducedCount);
            yield return record;
        }
    }

    private void MoveOn(int events)
    {
        double hour = (options.Start.UnixTicks + arrivalTicks) / TimeSpan.TicksPerHour % 24;
        double perSecond = options.EventsPerSecond * (1 + (Swing * Math.Cos(2 * Math.PI * (hour - PeakHour) / 24)));
        arrivalTicks += random.NextExponential() * events / perSecond * TimeSpan.TicksPerSecond;
    }

    private GeneratedRecord Next(Instant recordTime)
    {
        int size = random.Chance(options.BatchShare) ? 2 + random.Below(MaxBatch - 1) : 1;
        bool isArray = random.Chance(0.5), isPoisoned = random.Chance(options.PoisonShare * 0.2);
        text.Clear();
        accepted.Clear();
        int refused = 0;
        PlatformProfile first = PickPlatform();
        Incident? incident = IncidentOf(first, recordTime);
        double errorShare = incident is { ErrorShare: > 0 } outage ? outage.ErrorShare : bursts.ErrorShare(first, recordTime);
        EventKind kind = random.Chance(errorShare) ? EventKind.Error : EventKind.Usage;
        if (incident is { EnvelopeShare: > 0 } change && random.Chance(change.EnvelopeShare))
            return Enveloped(kind, first, recordTime);
        if (size > 1 && isArray)
            text.Append('[');
        for (int i = 0; i < size; i++)
        {
            if (i > 0)
                text.Append(isArray ? "," : random.Chance(0.5) ? "\n" : " ");
            if (options.IsOneTopic && i > 0)
                kind = random.Chance(bursts.ErrorShare(first, recordTime)) ? EventKind.Error : EventKind.Usage;
            if (random.Chance(options.PoisonShare * 0.8))
            {
                poison.WriteEvent(kind, recordTime);
                refused++;
                continue;
            }
            PlatformProfile platform = Affected(i == 0 ? first : PickPlatform(), recordTime);
            Instant time = PickTime(recordTime, incident is { LateShare: > 0 } replay ? replay.LateShare : options.LateShare, out bool says);
            accepted.Add(writer.Write(kind, platform, time, says ? null : recordTime, options.IsOneTopic, incident is { ErrorShare: > 0 }));
        }
        if (size > 1 && isArray)
            text.Append(']');
        byte[] value = Encoding.UTF8.GetBytes(text.ToString());
        return isPoisoned ? Record(kind, recordTime, poison.Spoil(value), [], 1) : Record(kind, recordTime, value, [.. accepted], refused);
    }

    private GeneratedRecord Enveloped(EventKind kind, PlatformProfile platform, Instant recordTime)
    {
        text.Append("{\"op\":\"c\",\"payload\":");
        writer.Write(kind, platform, recordTime, null, options.IsOneTopic);
        text.Append('}');
        return Record(kind, recordTime, Encoding.UTF8.GetBytes(text.ToString()), [], 1);
    }

    private GeneratedRecord Record(EventKind kind, Instant recordTime, byte[] value, IReadOnlyList<ExpectedEvent> counted, int refused) => new()
    {
        Kind = options.IsOneTopic ? EventKind.Request : kind,
        Key = Encoding.ASCII.GetBytes($"key-{random.Below(10_000)}"),
        Value = value,
        RecordTimestamp = recordTime,
        Accepted = counted,
        RefusedCount = refused,
    };

    private Incident? IncidentOf(PlatformProfile platform, Instant now) =>
        options.Incidents.FirstOrDefault(incident => incident.IsOn(options.Start, storyDays, now, platform.Platform));

    private PlatformProfile Affected(PlatformProfile platform, Instant now) =>
        IncidentOf(platform, now) is { Slowdown: not 1 } incident ? platform with { MedianMs = platform.MedianMs * incident.Slowdown } : platform;

    /// <summary>A little before its record; for a late event minutes to a day before; now and then left to the record.</summary>
    private Instant PickTime(Instant recordTime, double lateShare, out bool isSaid)
    {
        isSaid = !random.Chance(0.03);
        if (!isSaid)
            return recordTime;
        double delaySeconds = random.Chance(lateShare)
            ? 180 + Math.Min(random.NextExponential() * 3 * 3600, 26 * 3600)
            : random.NextExponential() * 1.5;
        return Instant.Max(recordTime - TimeSpan.FromTicks((long)(delaySeconds * TimeSpan.TicksPerSecond)), options.Start);
    }

    private PlatformProfile PickPlatform()
    {
        double at = random.NextUnit() * totalWeight;
        foreach (PlatformProfile platform in options.Platforms)
        {
            at -= platform.Weight;
            if (at < 0)
                return platform;
        }
        return options.Platforms[^1];
    }
}
