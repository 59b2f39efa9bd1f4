using System.Buffers.Binary;
using StreamAgg.Digests;
using StreamAgg.Digests.Storing;

namespace StreamAgg.Fuzz.Targets;

/// <summary>A digest's bytes: they are refused, or they are a digest that answers within its ends and is written as the same bytes again.</summary>
internal sealed class DigestTarget : Target
{
    private const int CrcLength = 4;

    public override string Name => "digests";

    public override IReadOnlyList<byte[]> Seeds { get; } = [.. Enumerable.Range(0, 60).Select(Seed)];

    public override IReadOnlyList<byte[]> Words { get; } =
    [
        [0], [1], [2], [3], [0x7f], [0x80], [0xff], [0x80, 0], [0xff, 0xff], [0xff, 0x7f], [0x08], [0x88], [0x71, 0xf0], [0x62, 0x40, 0x08], [0x80, 0x80, 0x01], [0x81, 0x01],
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], [0xe8, 0x07], [0x14],
    ];

    protected override string Read(byte[] input)
    {
        string made = Judge(input);
        // A right check sum leads past the first line of defence.
        byte[] signed = [.. input];
        if (signed.Length > CrcLength)
            BinaryPrimitives.WriteUInt32LittleEndian(signed.AsSpan(^CrcLength..), ByteParts.Crc(signed.AsSpan(..^CrcLength)));
        return made + Judge(signed);
    }

    private static string Judge(byte[] bytes)
    {
        bool isRead = TDigest.TryDecode(bytes, out TDigest digest);
        if (!isRead)
        {
            Promise(digest.Count == 0, "what is refused is no empty digest");
            return "-";
        }
        DigestCentroids centroids = digest.ToCentroids();
        Promise(bytes.AsSpan().SequenceEqual(digest.ToBytes()), "it is written as other bytes");
        Promise(centroids.Weights.Sum() == digest.Count && digest.Count >= 0, "its weights are not its count");
        if (digest.Count > 0)
        {
            foreach (double q in (ReadOnlySpan<double>)[0, 0.5, 0.99, 1])
                Promise(digest.Quantile(q) >= digest.Min && digest.Quantile(q) <= digest.Max, $"its {q} quantile is not within its ends");
            Promise(digest.RankErrorBound(0.99) >= 0, "its bound is none");
        }
        Promise(TDigest.TryFromCentroids(centroids, out TDigest again) && bytes.AsSpan().SequenceEqual(again.ToBytes()), "its arrays are another digest");
        int pure = centroids.Lows.Zip(centroids.Highs).Count(cell => cell.First == cell.Second);
        return $"{centroids.Weights.Length}/{pure}/{Math.ILogB(digest.Count + 1.0)}";
    }

    /// <summary>Of every size and shape, from its number.</summary>
    private static byte[] Seed(int number)
    {
        var random = new Random(number);
        var digest = new TDigest(number % 3 == 0 ? 20 : random.Next(20, 1001));
        int count = number % 4 == 0 ? random.Next(30) : random.Next(30_000);
        for (int i = 0; i < count; i++)
            digest.Add(random.Next(5) == 0 ? random.Next(20) : (number % 5) switch
            {
                0 => Math.Exp(random.NextDouble() * 1400 - 700),
                1 => -random.NextDouble(),
                2 => double.Epsilon * random.Next(10_000),
                3 => 1e6 + (random.Next(10_000) / 1000.0),
                _ => random.Next(2) == 0 ? double.MaxValue / (1 + random.Next(50)) : double.MinValue / (1 + random.Next(50)),
            });
        return digest.ToBytes();
    }
}
