using System.Numerics;

namespace StreamAgg.Simulation.Chance;

/// <summary>xoshiro256** seeded by SplitMix64, written out: <see cref="Random"/> may change its algorithm, a seed must not change its world.</summary>
internal sealed class Prng
{
    private ulong s0, s1, s2, s3;

    public Prng(ulong seed)
    {
        s0 = SplitMix(ref seed);
        s1 = SplitMix(ref seed);
        s2 = SplitMix(ref seed);
        s3 = SplitMix(ref seed);
    }

    public ulong Next()
    {
        ulong result = BitOperations.RotateLeft(s1 * 5, 7) * 9;
        ulong t = s1 << 17;
        s2 ^= s0;
        s3 ^= s1;
        s1 ^= s2;
        s0 ^= s3;
        s2 ^= t;
        s3 = BitOperations.RotateLeft(s3, 45);
        return result;
    }

    /// <summary>A stream of its own, so that drawing more in one place moves nothing in another.</summary>
    public Prng Fork() => new(Next());

    /// <summary>0 to <paramref name="bound"/> - 1. The bias of a 64-bit range over a small bound is far below what any run could notice.</summary>
    public int Below(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>Both ends included.</summary>
    public long Between(long low, long high) => low + (long)Math.BigMul(Next(), (ulong)(high - low) + 1, out _);

    /// <summary>0 up to but not including 1.</summary>
    public double Unit() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Draws nothing where the answer is certain, so that a fault that is off costs nothing.</summary>
    public bool Chance(double probability) => probability > 0 && Unit() < probability;

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    /// <summary>Mostly small, sometimes large: the maximum times a power of a uniform number.</summary>
    public long Skewed(long low, long high)
    {
        double unit = Unit();
        return low + (long)((high - low) * unit * unit * unit);
    }

    private static ulong SplitMix(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        ulong z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
