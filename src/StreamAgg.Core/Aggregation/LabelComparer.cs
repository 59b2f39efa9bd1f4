using System.Buffers.Binary;

namespace StreamAgg.Core.Aggregation;

/// <summary>Compares labels by their UTF-8 bytes; the hash is the same in every process, so that runs can be replayed.</summary>
internal sealed class LabelComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    // An odd 64-bit constant with well spread bits (the golden ratio's fraction), as in Fibonacci hashing.
    private const ulong Multiplier = 0x9E3779B97F4A7C15;

    public static LabelComparer Instance { get; } = new();

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        ulong hash = (ulong)alternate.Length * Multiplier;
        while (alternate.Length >= 8)
        {
            hash = (ulong.RotateLeft(hash, 29) ^ BinaryPrimitives.ReadUInt64LittleEndian(alternate)) * Multiplier;
            alternate = alternate[8..];
        }

        foreach (byte b in alternate)
            hash = (ulong.RotateLeft(hash, 7) ^ b) * Multiplier;
        return (int)(hash >> 32);
    }
}
