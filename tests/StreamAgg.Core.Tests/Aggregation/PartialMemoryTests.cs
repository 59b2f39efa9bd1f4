using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Events;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Digests.Tests;

namespace StreamAgg.Core.Tests.Aggregation;

[Collection(MemoryAlone.Name)]
public class PartialMemoryTests
{
    private const int Labels = 1000;

    private static readonly Hour Ten = Hour.FromUtc(new DateTime(2026, 1, 5, 10, 0, 0, DateTimeKind.Utc));

    /// <summary>How many durations, and what a partial may keep after a cut while more of them come.</summary>
    [Theory]
    [InlineData(0, 600)]
    [InlineData(40, 1_100)]
    [InlineData(200, 3_500)]
    [InlineData(1_000, 12_000)]
    [InlineData(5_000, 16_000)]
    [InlineData(50_000, 16_000)]
    public void After_a_cut_a_partial_keeps_what_it_needs_to_go_on_and_says_how_much(int durations, int mostBytes)
    {
        (double kept, double told) = PerPartial(durations, static partial =>
        {
            partial.EncodeDigest();
            partial.Trim();
        });
        Assert.InRange(kept, 1, mostBytes);
        Assert.InRange(told, kept, 1.15 * kept);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(40)]
    [InlineData(200)]
    [InlineData(1_000)]
    [InlineData(5_000)]
    [InlineData(50_000)]
    public void A_partial_at_rest_keeps_less_than_two_kilobytes(int durations)
    {
        (double kept, double told) = PerPartial(durations, static partial => partial.Rest());
        Assert.InRange(kept, 1, 2_000);
        Assert.InRange(told, kept, 1.15 * kept);
    }

    [Fact]
    public void A_partial_that_was_at_rest_goes_on_counting()
    {
        var partial = new Partial(Ten, "openai", 100);
        Count(partial, 1);
        Count(partial, 3);
        partial.Rest();
        Assert.False(partial.IsAwake);
        SpreadBytes before = partial.EncodeDigest();
        Count(partial, 2);
        Assert.True(partial.IsAwake);
        Assert.Equal(3, StoredDigest.Decode(partial.EncodeDigest().Latency.Span, Ten, "openai").Count);
        Assert.Equal(2, StoredDigest.Decode(before.Latency.Span, Ten, "openai").Count);
    }

    [Fact]
    public void Whatever_a_partial_grows_by_it_asks_to_be_measured()
    {
        var partial = new Partial(Ten, "openai", 100);
        long measured = 0;
        foreach (double value in DataSets.Make("log-normal", 20_000))
        {
            Count(partial, (long)value);
            if (partial.IsGrown)
                measured += partial.Measure();
            Assert.Equal(partial.RetainedBytes, measured);
        }
    }

    /// <summary>What is gone with them is what they kept: between the two looks at the heap there is nothing but their end.</summary>
    private static (double Kept, double Told) PerPartial(int durations, Action<Partial> cut)
    {
        (long with, double told) = Held(durations, cut);
        return ((double)(with - GC.GetTotalMemory(forceFullCollection: true)) / Labels, told);
    }

    // A frame of its own: no slot of the caller's keeps what it has dropped.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (long Heap, double Told) Held(int durations, Action<Partial> cut)
    {
        HourPartials hour = Make(durations, cut);
        double told = hour.Partials.Average(static partial => partial.RetainedBytes);
        long heap = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(hour);
        return (heap, told);
    }

    private static HourPartials Make(int durations, Action<Partial> cut)
    {
        var hour = new HourPartials(Ten, Rollup.ByPlatform(Labels), 100);
        double[] values = DataSets.Make("log-normal", Math.Max(1, durations));
        for (int label = 0; label < Labels; label++)
        {
            Partial partial = hour.Get(Encoding.UTF8.GetBytes("platform-" + label.ToString(CultureInfo.InvariantCulture)));
            for (int i = 0; i < durations; i++)
                Count(partial, (long)(1000 * values[i]) + label);
            cut(partial);
        }
        return hour;
    }

    private static void Count(Partial partial, long durationMicros) =>
        partial.Count(new DecodedEvent { Time = Ten.Start, DurationMicros = durationMicros });
}
