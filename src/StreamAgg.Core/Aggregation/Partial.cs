using StreamAgg.Core.Digests;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;

namespace StreamAgg.Core.Aggregation;

/// <summary>What one partition counted in one hour under one label. Not thread-safe: its partition's owner is its only writer.</summary>
public sealed class Partial(Hour hour, string platform, int compression)
{
    private BucketTotals totals;

    public Hour Hour { get; } = hour;

    public string Platform { get; } = platform;

    public ref readonly BucketTotals Totals => ref totals;

    /// <summary>Durations in microseconds; null until the first one.</summary>
    public TDigest? Digest { get; private set; }

    /// <summary>True where something was counted since the last snapshot that was committed.</summary>
    public bool Changed { get; set; }

    /// <summary>The part of <see cref="Totals"/> that telemetry was told of: each commit reports the difference.</summary>
    public BucketTotals Reported { get; set; }

    /// <summary>A partial as the store holds it.</summary>
    /// <exception cref="InvalidDataException">The digest's bytes are damaged.</exception>
    public static Partial Restore(Hour hour, string platform, int compression, in BucketTotals totals, ReadOnlySpan<byte> digest)
    {
        var partial = new Partial(hour, platform, compression) { totals = totals, Reported = totals };
        if (totals.DurationCount > 0)
            partial.Digest = StoredDigest.Decode(digest, hour, platform);
        return partial;
    }

    public void Count(in DecodedEvent e, EventKind kind)
    {
        if (kind == EventKind.Usage)
        {
            totals.SuccessCount++;
            if (e.DurationMicros == DecodedEvent.NoDuration)
                return;
            totals.AddDuration(e.DurationMicros);
            (Digest ??= new TDigest(compression)).Add(e.DurationMicros);
            return;
        }

        totals.ErrorCount++;
        if (e.Status == StatusClass.ClientError)
            totals.Error4xxCount++;
        else if (e.Status == StatusClass.ServerError)
            totals.Error5xxCount++;
        if (e.IsTimeout)
            totals.TimeoutCount++;
    }

    /// <summary>Takes in what another partial of the same hour and label counted.</summary>
    public void Absorb(Partial other)
    {
        totals.Add(other.totals);
        if (other.Digest is not null)
            Digest = Digest is null ? other.Digest : TDigest.Merge([other.Digest, Digest], compression);
        Changed |= other.Changed;
        var reported = Reported;
        reported.Add(other.Reported);
        Reported = reported;
    }

    /// <summary>The digest's bytes, in an array of their own; empty where there is none.</summary>
    public byte[] EncodeDigest()
    {
        if (Digest is null)
            return [];
        byte[] bytes = new byte[Digest.EncodedLength];
        int written = Digest.Encode(bytes);
        return written == bytes.Length ? bytes : bytes[..written];
    }
}
