using System.Runtime.CompilerServices;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Simulation.Chance;
using StreamAgg.Simulation.Time;
using StreamAgg.Simulation.Tracing;

namespace StreamAgg.Simulation.Log;

/// <summary>A member's questions to the brokers: answered from what is true between question and answer, late, in part, or not at all.</summary>
internal sealed class SimMetadata(Cluster cluster, Scheduler scheduler, SimProcess process, Prng chance, MetadataWeather weather, Happenings happenings) : ILogMetadata
{
    public async Task<IReadOnlyDictionary<string, TopicDetails>> DescribeAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation)
    {
        if (await AskAsync(cancellation) is { } noAnswer)
            throw noAnswer;
        IReadOnlyDictionary<string, TopicDetails> answer = cluster.Describe(topics);
        await AnswerAsync();
        return answer;
    }

    public Task<IReadOnlyDictionary<SourcePartition, long>> EndOffsetsAsync(
        IReadOnlyCollection<SourcePartition> partitions, CancellationToken cancellation) =>
        OffsetsAsync(partitions, static partition => partition.End, cancellation);

    public Task<IReadOnlyDictionary<SourcePartition, long>> BeginningOffsetsAsync(
        IReadOnlyCollection<SourcePartition> partitions, CancellationToken cancellation) =>
        OffsetsAsync(partitions, static partition => partition.Beginning, cancellation);

    public Task<IReadOnlyDictionary<SourcePartition, long>> OffsetsForTimeAsync(
        IReadOnlyCollection<SourcePartition> partitions, Instant time, CancellationToken cancellation) =>
        OffsetsAsync(partitions, partition => OffsetAt(partition, time), cancellation);

    private static long OffsetAt(SimPartition partition, Instant time)
    {
        for (long offset = partition.Beginning; offset < partition.End; offset++)
        {
            if (partition[offset].TimestampMilliseconds is { } milliseconds && Instant.FromUnixMilliseconds(milliseconds) >= time)
                return offset;
        }
        return partition.End;
    }

    private async Task<IReadOnlyDictionary<SourcePartition, long>> OffsetsAsync(
        IReadOnlyCollection<SourcePartition> partitions, Func<SimPartition, long> offset, CancellationToken cancellation)
    {
        if (await AskAsync(cancellation) is { } noAnswer)
            throw noAnswer;
        var answer = new Dictionary<SourcePartition, long>(partitions.Count);
        foreach (SourcePartition source in partitions)
        {
            if (cluster.Find(source) is not { } partition)
                continue;
            if (partition.IsStuck || chance.Chance(weather.PartialChance))
                happenings.Count(Happening.MetadataPartial);
            else
                answer[source] = offset(partition);
        }
        await AnswerAsync();
        return answer;
    }

    /// <returns>What the asker is to throw: an exception costs as much as ten steps at each level that it passes through.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Exception?> AskAsync(CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
            return new OperationCanceledException(cancellation);
        await scheduler.Delay(null, Latency());
        if (!weather.IsAway && !chance.Chance(weather.FailChance))
            return null;
        happenings.Count(Happening.MetadataUnavailable);
        await scheduler.Delay(process, Latency() * 5);
        return new LogUnavailableException("the brokers gave no answer in time");
    }

    private Scheduler.Hop AnswerAsync() => scheduler.Delay(process, Latency());

    private long Latency()
    {
        long latency = chance.Skewed(200, 3_000);
        return chance.Chance(weather.SlowChance) ? latency * chance.Between(2, 200) : latency;
    }
}

/// <summary>How the brokers treat questions.</summary>
internal sealed class MetadataWeather
{
    public double SlowChance { get; set; }

    public double FailChance { get; set; }

    /// <summary>Of a partition: that it is left out of an answer.</summary>
    public double PartialChance { get; set; }

    public bool IsAway { get; set; }

    public void CalmDown()
    {
        SlowChance = FailChance = PartialChance = 0;
        IsAway = false;
    }
}
