using System.Runtime.CompilerServices;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Digests;

namespace StreamAgg.Core.Aggregation;

/// <summary>What one partition counted in one hour under one label. Not thread-safe: its partition's owner is its only writer.</summary>
/// <remarks>
/// Its digest is awake while durations come, up to 26 kB, and at rest as the bytes that a checkpoint writes, 1.25 kB at most: memory
/// is for the partials that are counted into, however many there are.
/// </remarks>
public sealed class Partial(Hour hour, string platform, int compression)
{
    /// <summary>Of one that holds no duration, with its place in its hour, but for the label's letters: measured, rounded up.</summary>
    private const int OwnBytes = 400;

    /// <summary>Two in the name, one in the key; more where it is not ASCII, but a label is 50 letters at most.</summary>
    private const int BytesPerLetter = 3;

    private BucketTotals totals;
    private TDigest? awake;
    private ReadOnlyMemory<byte> atRest;
    private long measureAt;

    public Hour Hour { get; } = hour;

    public string Platform { get; } = platform;

    public ref readonly BucketTotals Totals => ref totals;

    /// <summary>True where something was counted since the last snapshot that was committed.</summary>
    public bool Changed { get; set; }

    /// <summary>True while it is on its way into the base, and no part of its hour any more.</summary>
    public bool IsDetached { get; set; }

    /// <summary>When a snapshot last found it changed, in its owner's time.</summary>
    public TimeSpan LastChange { get; set; }

    /// <summary>The part of <see cref="Totals"/> that telemetry was told of: each commit reports the difference.</summary>
    public BucketTotals Reported { get; set; }

    /// <summary>False where the digest is bytes, or there is none.</summary>
    public bool IsAwake => awake is not null;

    /// <summary>What this keeps from the garbage collector, in bytes.</summary>
    public int RetainedBytes => OwnBytes + (BytesPerLetter * Platform.Length) + (awake?.RetainedBytes ?? atRest.Length);

    /// <summary><see cref="RetainedBytes"/> as it was last measured.</summary>
    public int Bytes { get; private set; }

    /// <summary>True where it may have grown since it was measured.</summary>
    public bool IsGrown => totals.DurationCount >= measureAt;

    /// <summary>A partial as the store holds it, at rest.</summary>
    /// <exception cref="InvalidDataException">The digest's bytes are damaged.</exception>
    public static Partial Restore(Hour hour, string platform, int compression, in BucketTotals totals, ReadOnlyMemory<byte> digest)
    {
        var partial = new Partial(hour, platform, compression) { totals = totals, Reported = totals };
        if (totals.DurationCount == 0)
            return partial;
        // Damage stops the process now, not when the first event happens to come.
        StoredDigest.Decode(digest.Span, hour, platform);
        partial.atRest = digest;
        return partial;
    }

    public void Count(in DecodedEvent e)
    {
        if (totals.Count(e))
            (awake ?? Wake()).Add(e.DurationMicros);
    }

    /// <summary>Takes in what another partial of the same hour and label counted.</summary>
    public void Absorb(Partial other)
    {
        if (other.totals.DurationCount > 0)
            awake = totals.DurationCount == 0
                ? other.awake ?? other.Wake()
                : TDigest.Merge([other.awake ?? other.Wake(), awake ?? Wake()], compression);
        totals.Add(other.totals);
        Changed |= other.Changed;
        var reported = Reported;
        reported.Add(other.Reported);
        Reported = reported;
        measureAt = 0;
    }

    /// <summary>The digest's bytes; empty where there is none. What is counted later does not show in them.</summary>
    public ReadOnlyMemory<byte> EncodeDigest() => awake is null ? atRest : awake.ToBytes();

    /// <summary>Gives back what counting on does not need.</summary>
    public void Trim()
    {
        awake?.Trim();
        measureAt = 0;
    }

    /// <summary>Keeps the digest as its bytes until the next duration comes.</summary>
    public void Rest()
    {
        if (awake is null)
            return;
        atRest = awake.ToBytes();
        awake = null;
        measureAt = 0;
    }

    /// <summary>Measures it anew.</summary>
    /// <returns>By how many bytes it has grown; negative where it shrank.</returns>
    public int Measure()
    {
        int before = Bytes;
        Bytes = RetainedBytes;
        measureAt = totals.DurationCount + 1 + (awake?.Room ?? 0);
        return Bytes - before;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private TDigest Wake()
    {
        awake = atRest.IsEmpty ? new TDigest(compression) : StoredDigest.Decode(atRest.Span, Hour, Platform);
        atRest = default;
        return awake;
    }
}
