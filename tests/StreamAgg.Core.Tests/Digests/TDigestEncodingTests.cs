using System.Buffers.Binary;
using StreamAgg.Core.Digests;

namespace StreamAgg.Core.Tests.Digests;

public class TDigestEncodingTests
{
    [Fact]
    public void What_was_read_is_written_as_the_same_bytes()
    {
        foreach (string name in DataSets.Continuous.Concat(DataSets.Hostile))
        {
            foreach (int count in (int[])[0, 1, 2, 50, 1000, 30_000])
            {
                byte[] bytes = Forms.Bytes(Forms.Added(DataSets.Make(name, count), 100));
                Assert.True(TDigest.TryDecode(bytes, out TDigest digest), $"{name} {count}");
                Assert.Equal(bytes, Forms.Bytes(digest));
                Assert.InRange(bytes.Length, 1, 1250);
            }
        }
    }

    [Fact]
    public void Every_truncation_and_every_bit_flip_is_refused()
    {
        byte[] bytes = Forms.Bytes(Forms.Added(DataSets.Make("log-normal", 5000), 100));
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
        byte[] good = Forms.Bytes(Forms.Added(DataSets.Make("log-normal", 500), 20));
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
            Assert.Equal(bytes, Forms.Bytes(digest));
        }
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
            good with { Pure = [.. good.Pure, true] },
            good with { Means = [.. good.Means.Reverse()] },
            good with { Means = [.. good.Means.Select((m, i) => i == 5 ? double.NaN : m)] },
            good with { Weights = [.. good.Weights.Select((w, i) => i == 5 ? -w : w)] },
            good with { Weights = [.. good.Weights.Select(_ => long.MaxValue / 2)] },
            good with { Pure = [.. good.Pure.Select(_ => false)] },
            good with { Min = good.Min - 1 },
            good with { Max = double.NaN },
        ];
        foreach (DigestCentroids centroids in bad)
            Assert.False(TDigest.TryFromCentroids(centroids, out _));
    }

    [Fact]
    public void A_destination_that_is_too_short_is_left_alone()
    {
        TDigest digest = Forms.Added([1, 2, 3], 100);
        byte[] bytes = new byte[digest.EncodedLength - 1];
        Assert.Throws<ArgumentException>(() => digest.Encode(bytes));
        Assert.All(bytes, b => Assert.Equal(0, b));
    }

    [Fact]
    public void The_bytes_of_version_3_stay_what_they_are()
    {
        // Version, compression, 2 centroids, 3 values, no doubt; 2 * 2 and 3 = 0x4008 << 48; 2 * 1 and the step from there to 1000000.5.
        TDigest digest = Forms.Added([3, 1000000.5, 3], 20);
        byte[] bytes = Forms.Bytes(digest);
        Assert.Equal("031402030004620840024481842601", Convert.ToHexStringLower(bytes.AsSpan(0, bytes.Length - 4)));
    }

    [Fact]
    public void Version_2_is_read_and_written_as_version_3()
    {
        // 2,000 "micros" in 20 centroids, as version 2 wrote them, of which these are the quantiles.
        byte[] bytes = Convert.FromHexString(
            "021414d00f000244206fed402743e08706434026112a9d7142c0644340ab0c898293015131434064061d889f0242802543a0a109f87e850342e00952"
            + "fa076188ad0342400243a0c6063c75f70342e0064340200647789304428004522809bc78c30342c00643e0df0556779b0341a043c0d808ce71bb0251"
            + "1943400608c06dbb0142c00f43c07a08f96f4351284320cb02028c5b42201252840d185d19514143c095035e760d511a523803aa8d0943400e015260"
            + "031c6a0743e0a2024310c3012b690234700a0c09dd635f62");
        Assert.True(TDigest.TryDecode(bytes, out TDigest digest));
        Assert.Equal((2000, 60281.0, 53788494.0), (digest.Count, digest.Min, digest.Max));
        var exact = new PercentileCont(DataSets.Make("micros", 2000));
        foreach (double q in (double[])[0.01, 0.25, 0.5, 0.75, 0.9, 0.99])
            Assert.InRange(exact.RankError(q, digest.Quantile(q)), 0, 2000 * digest.RankErrorBound(q));
        Assert.InRange(digest.Quantile(0.5), 1_640_000, 1_645_000);
        byte[] again = Forms.Bytes(digest);
        Assert.Equal(3, again[0]);
        TDigest copy = Forms.Recoded(digest);
        Assert.Equal(again, Forms.Bytes(copy));
        for (int i = 0; i <= 100; i++)
            Assert.Equal(digest.Quantile(i / 100.0), copy.Quantile(i / 100.0));
    }

    [Fact]
    public void Version_1_is_read_and_written_again_as_it_was()
    {
        // As above, but of version 1, which has means alone.
        byte[] bytes = [.. Convert.FromHexString("011402030004620840024481842601"), 0, 0, 0, 0];
        Sign(bytes);
        Assert.True(TDigest.TryDecode(bytes, out TDigest digest));
        Assert.Equal(3, digest.Count);
        Assert.Equal(1000000.5, digest.Max);
        Assert.Equal(bytes, Forms.Bytes(digest));
    }

    [Fact]
    public void What_was_read_from_arrays_is_written_as_version_1_and_read_as_the_same_arrays()
    {
        foreach (string name in DataSets.Continuous.Concat(DataSets.Hostile))
        {
            DigestCentroids arrays = Forms.Added(DataSets.Make(name, 20_000), 100).ToCentroids();
            Assert.True(TDigest.TryFromCentroids(arrays, out TDigest digest));
            TDigest again = Forms.Recoded(digest);
            Assert.Equal(arrays.Means, again.ToCentroids().Means);
            Assert.Equal(arrays.Weights, again.ToCentroids().Weights);
            Assert.Equal(digest.Quantile(0.99), again.Quantile(0.99));
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
