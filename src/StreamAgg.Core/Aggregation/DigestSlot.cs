using StreamAgg.Core.Time;
using StreamAgg.Digests;

namespace StreamAgg.Core.Aggregation;

/// <summary>A partial's digest: awake where values come, else its bytes.</summary>
internal struct DigestSlot
{
    private ReadOnlyMemory<byte> atRest;

    public DigestSlot(TDigest awake) => Awake = awake;

    public DigestSlot(ReadOnlyMemory<byte> atRest) => this.atRest = atRest;

    /// <summary>Null where it is at rest, or there is none.</summary>
    public TDigest? Awake { get; private set; }

    /// <summary>From so many values on it may have grown since it was measured.</summary>
    public long MeasureAt { get; private set; }

    public readonly bool IsAwake => Awake is not null;

    public readonly int RetainedBytes => Awake?.RetainedBytes ?? atRest.Length;

    /// <exception cref="InvalidDataException">The bytes are damaged.</exception>
    public TDigest Wake(int compression, Hour hour, string label)
    {
        Awake = atRest.IsEmpty ? new TDigest(compression) : StoredDigest.Decode(atRest.Span, hour, label);
        atRest = default;
        return Awake;
    }

    public readonly ReadOnlyMemory<byte> Encode() => Awake is null ? atRest : Awake.ToBytes();

    public void Trim()
    {
        Awake?.Trim();
        MeasureAt = 0;
    }

    public void Rest()
    {
        if (Awake is null)
            return;
        atRest = Awake.ToBytes();
        Awake = null;
        MeasureAt = 0;
    }

    /// <param name="count">Of its values.</param>
    public void Measured(long count) => MeasureAt = count + 1 + (Awake?.Room ?? 0);
}
