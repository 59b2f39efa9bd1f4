using System.Runtime.CompilerServices;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Digests;

namespace StreamAgg.Core.Aggregation;

/// <summary>What one partition counted in one hour under one label. Not thread-safe: its partition's owner is its only writer.</summary>
/// <remarks>
/// Its digests are awake while values come, up to 26 kB each, and at rest as the bytes that a checkpoint writes, 1.25 kB at most: memory
/// is for the partials that are counted into, however many there are.
/// </remarks>
public sealed class Partial(Hour hour, string label, int compression, string rollup = Rollups.Rollup.Platform)
{
    /// <summary>Of one that holds no value, with its place in its hour, but for the label's letters: measured, rounded up.</summary>
    private const int OwnBytes = 520;

    /// <summary>Two in the name, one in the key; more where it is not ASCII, but a label is 50 letters at most.</summary>
    private const int BytesPerLetter = 3;

    private BucketTotals totals;
    private DigestSlots digests;

    public Hour Hour { get; } = hour;

    public string Label { get; } = label;

    /// <summary>Its name.</summary>
    public string Rollup { get; } = rollup;

    public ref readonly BucketTotals Totals => ref totals;

    /// <summary>True where something was counted since the last snapshot that was committed.</summary>
    public bool Changed { get; set; }

    /// <summary>True while it is on its way into the base, and no part of its hour any more.</summary>
    public bool IsDetached { get; set; }

    /// <summary>When a snapshot last found it changed, in its owner's time.</summary>
    public TimeSpan LastChange { get; set; }

    /// <summary>The part of <see cref="Totals"/> that telemetry was told of: each commit reports the difference.</summary>
    public RequestOutcomes Reported { get; set; }

    /// <summary>False where the digests are bytes, or there is none.</summary>
    public bool IsAwake
    {
        get
        {
            bool isAwake = false;
            foreach (ref readonly DigestSlot slot in (ReadOnlySpan<DigestSlot>)digests)
                isAwake |= slot.IsAwake;
            return isAwake;
        }
    }

    /// <summary>What this keeps from the garbage collector, in bytes.</summary>
    public int RetainedBytes
    {
        get
        {
            int bytes = OwnBytes + (BytesPerLetter * Label.Length);
            foreach (ref readonly DigestSlot slot in (ReadOnlySpan<DigestSlot>)digests)
                bytes += slot.RetainedBytes;
            return bytes;
        }
    }

    /// <summary><see cref="RetainedBytes"/> as it was last measured.</summary>
    public int Bytes { get; private set; }

    /// <summary>True where it may have grown since it was measured.</summary>
    public bool IsGrown => totals.Spreads[0].Count >= digests[0].MeasureAt || totals.Spreads[1].Count >= digests[1].MeasureAt;

    /// <summary>A partial as the store holds it, at rest.</summary>
    /// <exception cref="InvalidDataException">A digest's bytes are damaged.</exception>
    public static Partial Restore(
        Hour hour, string label, int compression, in BucketTotals totals, SpreadBytes digests, string rollup = Rollups.Rollup.Platform)
    {
        var partial = new Partial(hour, label, compression, rollup) { totals = totals, Reported = RequestOutcomes.Of(totals) };
        for (int spread = 0; spread < Spreads.Length; spread++)
        {
            if (totals.Spreads[spread].Count == 0)
                continue;
            // Damage stops the process now, not when the first event happens to come.
            StoredDigest.Decode(digests[spread].Span, hour, label);
            partial.digests[spread] = new DigestSlot(digests[spread]);
        }
        return partial;
    }

    public void Count(in DecodedEvent e)
    {
        totals.Count(e);
        if (e.DurationMicros != DecodedEvent.NoDuration)
            (digests[Spreads.Latency].Awake ?? Wake(Spreads.Latency)).Add(e.DurationMicros);
        if (e.HasTtft)
            (digests[Spreads.Ttft].Awake ?? Wake(Spreads.Ttft)).Add(e.TtftMicros);
    }

    /// <summary>Takes in what another partial of the same hour and label counted.</summary>
    public void Absorb(Partial other)
    {
        for (int spread = 0; spread < Spreads.Length; spread++)
        {
            if (other.totals.Spreads[spread].Count == 0)
                continue;
            TDigest more = other.digests[spread].Awake ?? other.Wake(spread);
            digests[spread] = new DigestSlot(totals.Spreads[spread].Count == 0
                ? more
                : TDigest.Merge([more, digests[spread].Awake ?? Wake(spread)], compression));
        }
        totals.Add(other.totals);
        Changed |= other.Changed;
        Reported += other.Reported;
    }

    /// <summary>The digests' bytes; empty where there is none. What is counted later does not show in them.</summary>
    public SpreadBytes EncodeDigest() => new(digests[Spreads.Latency].Encode(), digests[Spreads.Ttft].Encode());

    /// <summary>Gives back what counting on does not need.</summary>
    public void Trim()
    {
        foreach (ref DigestSlot slot in (Span<DigestSlot>)digests)
            slot.Trim();
    }

    /// <summary>Keeps the digests as their bytes until the next value comes.</summary>
    public void Rest()
    {
        foreach (ref DigestSlot slot in (Span<DigestSlot>)digests)
            slot.Rest();
    }

    /// <summary>Measures it anew.</summary>
    /// <returns>By how many bytes it has grown; negative where it shrank.</returns>
    public int Measure()
    {
        int before = Bytes;
        Bytes = RetainedBytes;
        for (int spread = 0; spread < Spreads.Length; spread++)
            digests[spread].Measured(totals.Spreads[spread].Count);
        return Bytes - before;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private TDigest Wake(int spread) => digests[spread].Wake(compression, Hour, Label);

    [InlineArray(Spreads.Length)]
    private struct DigestSlots
    {
        private DigestSlot first;
    }
}

/// <summary>What telemetry tells of requests.</summary>
/// <param name="Other">Errors whose status is in neither class.</param>
public readonly record struct RequestOutcomes(long Success, long Error4xx, long Error5xx, long Other)
{
    public static RequestOutcomes Of(in BucketTotals totals) => new(
        totals.SuccessCount, totals.Error4xxCount, totals.Error5xxCount, totals.ErrorCount - totals.Error4xxCount - totals.Error5xxCount);

    public static RequestOutcomes operator +(RequestOutcomes a, RequestOutcomes b) =>
        new(a.Success + b.Success, a.Error4xx + b.Error4xx, a.Error5xx + b.Error5xx, a.Other + b.Other);

    public static RequestOutcomes operator -(RequestOutcomes a, RequestOutcomes b) =>
        new(a.Success - b.Success, a.Error4xx - b.Error4xx, a.Error5xx - b.Error5xx, a.Other - b.Other);
}
