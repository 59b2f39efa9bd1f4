using System.Diagnostics.CodeAnalysis;
using System.Text;
using StreamAgg.Core.Time;

namespace StreamAgg.Core.Aggregation;

/// <summary>The partials of one partition and hour, found by their label's bytes without building a string.</summary>
/// <remarks>
/// Labels live as long as their hour, so no table of labels can grow without bound. Past <c>maxPlatforms</c> labels new ones are
/// counted under <see cref="OtherPlatform"/>. Not thread-safe.
/// </remarks>
public sealed class HourPartials
{
    /// <summary>Where labels past the bound are counted.</summary>
    public const string OtherPlatform = "__other__";

    private readonly Dictionary<byte[], Partial> byLabel = new(LabelComparer.Instance);
    private readonly Dictionary<byte[], Partial>.AlternateLookup<ReadOnlySpan<byte>> lookup;
    private readonly int maxPlatforms;
    private readonly int compression;

    // Consecutive events of a partition often share their label: one comparison then saves the hash.
    private byte[]? lastLabel;
    private Partial? lastPartial;

    public HourPartials(Hour hour, int maxPlatforms, int compression)
    {
        Hour = hour;
        this.maxPlatforms = maxPlatforms;
        this.compression = compression;
        lookup = byLabel.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    public Hour Hour { get; }

    public int Count => byLabel.Count;

    /// <summary>In the order in which they came.</summary>
    public Dictionary<byte[], Partial>.ValueCollection Partials => byLabel.Values;

    /// <summary>The label's partial, made where there is none.</summary>
    /// <param name="label">UTF-8, 0 to 200 bytes.</param>
    public Partial Get(ReadOnlySpan<byte> label)
    {
        if (lastLabel is not null && label.SequenceEqual(lastLabel))
            return lastPartial!;
        if (!lookup.TryGetValue(label, out byte[]? key, out var partial))
            (key, partial) = Add(label);
        lastLabel = key;
        lastPartial = partial;
        return partial;
    }

    public bool TryGet(string platform, [NotNullWhen(true)] out Partial? partial) =>
        byLabel.TryGetValue(Encoding.UTF8.GetBytes(platform), out partial);

    /// <summary>Puts a partial in that the store (or a fold that failed) gives back; its label must not be here yet.</summary>
    public void Put(Partial partial) => byLabel.Add(Encoding.UTF8.GetBytes(partial.Platform), partial);

    public void Remove(Partial partial)
    {
        byLabel.Remove(Encoding.UTF8.GetBytes(partial.Platform));
        (lastLabel, lastPartial) = (null, null);
    }

    private (byte[] Key, Partial Partial) Add(ReadOnlySpan<byte> label)
    {
        if (byLabel.Count >= maxPlatforms)
        {
            byte[] other = "__other__"u8.ToArray();
            if (byLabel.TryGetValue(other, out var overflow))
                return (other, overflow);
            label = other;
        }

        byte[] key = label.ToArray();
        var partial = new Partial(Hour, Encoding.UTF8.GetString(label), compression);
        byLabel.Add(key, partial);
        return (key, partial);
    }
}
