using System.Buffers.Binary;

namespace StreamAgg.Digests.Tests;

public class TDigestEncodingTests
{
    [Fact]
    public void What_was_read_is_written_as_the_same_bytes()
    {
        foreach (string name in DataSets.Continuous.Concat(DataSets.Hostile))
        {
            foreach (int count in (int[])[0, 1, 2, 50, 1000, 30_000])
            {
                byte[] bytes = Forms.Added(DataSets.Make(name, count), 100).ToBytes();
                Assert.True(TDigest.TryDecode(bytes, out TDigest digest), $"{name} {count}");
                Assert.Equal(bytes, digest.ToBytes());
                Assert.InRange(bytes.Length, 1, 1250);
            }
        }
    }

    [Fact]
    public void Every_truncation_and_every_bit_flip_is_refused()
    {
        byte[] bytes = Forms.Added(DataSets.Make("log-normal", 5000), 100).ToBytes();
        for (int length = 0; length < bytes.Length; length++)
            Assert.False(TDigest.TryDecode(bytes.AsSpan(0, length), out _));
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(TDigest.TryDecode(bytes, out TDigest empty));
            Assert.Equal(0, empty.Count);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        Assert.False(TDigest.TryDecode([.. bytes, 0], out _));
    }

    [Fact]
    public void Random_bytes_with_a_right_checksum_never_throw_and_never_make_a_broken_digest()
    {
        var random = new Random(11);
        byte[] good = Forms.Added(DataSets.Make("log-normal", 500), 20).ToBytes();
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. good];
            for (int n = random.Next(1, 4); n > 0; n--)
                bytes[random.Next(1, bytes.Length - 4)] = (byte)random.Next(256);
            Sign(bytes);
            if (!TDigest.TryDecode(bytes, out TDigest digest))
                continue;
            Assert.True(double.IsFinite(digest.Quantile(0.5)));
            Assert.InRange(digest.Quantile(0.99), digest.Min, digest.Max);
            Assert.Equal(bytes, digest.ToBytes());
        }
    }

    [Theory]
    [InlineData("01140000", 0)] // no value
    [InlineData("01140101", 1)] // one value: no boundary
    [InlineData("01140202", 2)]
    public void A_doubt_that_no_writer_can_have_is_refused(string begin, int values)
    {
        byte[] good = Forms.Added([.. Enumerable.Range(1, values).Select(value => (double)value)], 20).ToBytes();
        byte[] head = Convert.FromHexString(begin);
        Assert.Equal((byte)0, good[head.Length]);
        Assert.Equal(head, good[..head.Length]);
        Assert.True(TDigest.TryDecode(good, out _));
        byte[] doubtful = [.. head, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, .. good[(head.Length + 1)..]];
        Sign(doubtful);
        Assert.False(TDigest.TryDecode(doubtful, out _));
    }

    [Fact]
    public void Huge_numbers_in_the_bytes_allocate_nothing()
    {
        byte[] bytes = [1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0, 0, 0, 0];
        Sign(bytes);
        TDigest.TryDecode(bytes, out _);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.False(TDigest.TryDecode(bytes, out _));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 300);
    }

    [Fact]
    public void Centroids_that_contradict_each_other_are_refused()
    {
        DigestCentroids good = Forms.Added(DataSets.Make("log-normal", 5000), 100).ToCentroids();
        Assert.True(TDigest.TryFromCentroids(good, out _));
        DigestCentroids[] bad =
        [
            good with { Compression = 19 },
            good with { Compression = 50 },
            good with { Weights = good.Weights[1..] },
            good with { Lows = [.. good.Lows, 1e9] },
            good with { Highs = good.Highs[1..] },
            good with { Lows = [.. good.Lows.Select((low, i) => i == 50 ? good.Highs[49] : low)] },
            good with { Means = [.. good.Means.Reverse()] },
            good with { Means = [.. good.Means.Select((m, i) => i == 5 ? double.NaN : m)] },
            good with { Weights = [.. good.Weights.Select((w, i) => i == 5 ? -w : w)] },
            good with { Weights = [.. good.Weights.Select(_ => long.MaxValue / 2)] },
            good with { Lows = [.. good.Lows.Select((low, i) => i == 0 ? low - 1 : low)] },
            good with { Highs = [.. good.Highs.Select((high, i) => i == good.Highs.Length - 1 ? double.NaN : high)] },
            good with { BoundaryDoubt = double.NaN },
        ];
        foreach (DigestCentroids centroids in bad)
            Assert.False(TDigest.TryFromCentroids(centroids, out _));
    }

    [Fact]
    public void The_bytes_stay_what_they_are()
    {
        // Version, compression, 2 centroids, 3 values, no doubt; 2 * 2 and 3 = 0x4008 << 48; 2 * 1 and the step from there to 1000000.5.
        TDigest digest = Forms.Added([3, 1000000.5, 3], 20);
        byte[] bytes = digest.ToBytes();
        Assert.Equal("011402030004620840024481842601", Convert.ToHexStringLower(bytes.AsSpan(0, bytes.Length - 4)));
    }

    [Fact]
    public void Bytes_and_arrays_are_the_same_digest()
    {
        foreach (string name in DataSets.Continuous.Concat(DataSets.Hostile))
        {
            TDigest digest = Forms.Added(DataSets.Make(name, 20_000), 100);
            DigestCentroids arrays = digest.ToCentroids();
            Assert.True(TDigest.TryFromCentroids(arrays, out TDigest read), name);
            Assert.Equal(digest.ToBytes(), read.ToBytes());
            Assert.Equal(arrays.Means, Forms.Recoded(digest).ToCentroids().Means);
            // Bytes have the doubt in sixteenths, rounded up.
            Assert.InRange(read.RankErrorBound(0.99), 0, Forms.Recoded(digest).RankErrorBound(0.99) + 1e-12);
        }
    }

    private static void Sign(byte[] bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes.AsSpan(0, bytes.Length - 4))
            crc = System.Numerics.BitOperations.Crc32C(crc, b);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(bytes.Length - 4), ~crc);
    }
}
