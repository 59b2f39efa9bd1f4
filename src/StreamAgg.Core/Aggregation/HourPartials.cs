using System.Diagnostics.CodeAnalysis;
using System.Text;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;

namespace StreamAgg.Core.Aggregation;

/// <summary>The partials of one partition, hour and rollup, found by their label's bytes without building a string.</summary>
/// <remarks>
/// Labels live as long as their hour, so no table of labels can grow without bound. Past <see cref="Rollup.MaxKeys"/> labels new ones are
/// counted under <see cref="Rollup.OtherLabel"/>. Not thread-safe.
/// </remarks>
public sealed class HourPartials
{
    private readonly Dictionary<byte[], Partial> byLabel = new(LabelComparer.Instance);
    private readonly Dictionary<byte[], Partial>.AlternateLookup<ReadOnlySpan<byte>> lookup;
    private readonly Rollup rollup;
    private readonly int compression;

    // Consecutive events of a partition often share their label: one comparison then saves the hash.
    private byte[]? lastLabel;
    private Partial? lastPartial;

    public HourPartials(Hour hour, Rollup rollup, int compression)
    {
        Hour = hour;
        this.rollup = rollup;
        this.compression = compression;
        lookup = byLabel.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    public Hour Hour { get; }

    public int Count => byLabel.Count;

    /// <summary>In the order in which they came.</summary>
    public Dictionary<byte[], Partial>.ValueCollection Partials => byLabel.Values;

    /// <summary>The label's partial, made where there is none.</summary>
    /// <param name="label">UTF-8; see <see cref="Rollup.Join"/>.</param>
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

    public bool TryGet(string label, [NotNullWhen(true)] out Partial? partial) =>
        byLabel.TryGetValue(Encoding.UTF8.GetBytes(label), out partial);

    /// <summary>Puts a partial in that the store (or a fold that failed) gives back; its label must not be here yet.</summary>
    public void Put(Partial partial) => byLabel.Add(Encoding.UTF8.GetBytes(partial.Label), partial);

    public void Remove(Partial partial)
    {
        byLabel.Remove(Encoding.UTF8.GetBytes(partial.Label));
        (lastLabel, lastPartial) = (null, null);
    }

    private (byte[] Key, Partial Partial) Add(ReadOnlySpan<byte> label)
    {
        if (byLabel.Count >= rollup.MaxKeys)
        {
            byte[] other = Encoding.UTF8.GetBytes(rollup.OtherLabel);
            if (byLabel.TryGetValue(other, out var overflow))
                return (other, overflow);
            label = other;
        }

        byte[] key = label.ToArray();
        var partial = new Partial(Hour, Encoding.UTF8.GetString(label), compression, rollup.Name);
        byLabel.Add(key, partial);
        return (key, partial);
    }
}
