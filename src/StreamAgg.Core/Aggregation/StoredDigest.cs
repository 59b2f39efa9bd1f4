using StreamAgg.Core.Time;
using StreamAgg.Digests;

namespace StreamAgg.Core.Aggregation;

/// <summary>Digests as they come back from the store: written by us, so damage is a broken invariant, not bad input.</summary>
public static class StoredDigest
{
    /// <exception cref="InvalidDataException">The bytes are no digest.</exception>
    public static TDigest Decode(ReadOnlySpan<byte> bytes, Hour hour, string label) =>
        TDigest.TryDecode(bytes, out var digest)
            ? digest
            : throw new InvalidDataException($"The stored digest of hour {hour}, label '{label}' is damaged ({bytes.Length} bytes).");

    /// <exception cref="InvalidDataException">The arrays contradict each other.</exception>
    public static TDigest Restore(DigestCentroids centroids, Hour hour, string label) =>
        TDigest.TryFromCentroids(centroids, out var digest)
            ? digest
            : throw new InvalidDataException($"The stored sketch of hour {hour}, label '{label}' is damaged.");
}
