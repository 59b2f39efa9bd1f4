using System.Runtime.CompilerServices;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Store;
using StreamAgg.Pipeline.Telemetry;
using StreamAgg.Postgres.Queries;
using StreamAgg.Service.Faults;

namespace StreamAgg.Service.Reports;

/// <summary>Reports from the database, with what the brokers say of the log's ends where they answer.</summary>
/// <param name="assigned">The partitions that the group's members read now; null where nobody can say.</param>
internal sealed class PipelineReports(
    AggregateQueries queries, IAggregateStore store, ILogMetadata metadata, PipelineTopics topics,
    Func<CancellationToken, Task<IReadOnlySet<SourcePartition>?>> assigned) : IReports
{
    /// <summary>For all that the brokers are asked: longer than one question that is not answered (6 s), shorter than HTTP waits.</summary>
    private static readonly TimeSpan BrokerTimeout = TimeSpan.FromSeconds(7);

    /// <summary>What lies in memory for one who takes rows.</summary>
    private const int PageRows = 1000;

    public Func<PipelineVitals>? Vitals { get; init; }

    public PipelineVitals? Process => Vitals?.Invoke();

    /// <summary>Of <see cref="StatusReport.ClockSpeed"/>.</summary>
    public double ClockSpeed { get; init; } = 1;

    /// <summary>Told each status.</summary>
    public Action<StatusReport>? Tell { get; init; }

    public IReadOnlyList<Rollup> Rollups { get; init; } = [Rollup.ByPlatform(int.MaxValue)];

    public Task<Instant> NowAsync(CancellationToken cancellation) => store.NowAsync(cancellation);

    /// <summary>A snapshot and a connection for each page, neither between two, however slowly rows are taken; past the limit none begins.</summary>
    public async IAsyncEnumerable<IReadOnlyList<PublishedRow>> RowsAsync(
        RowTable table, IReadOnlyDictionary<string, IReadOnlyCollection<string>> where, Instant from, Instant to, int limit,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        var page = await queries.RowsAsync(table, null, from, to, PageRows, cancellation, null, where);
        if (page.Count == PageRows && await queries.IsOverAsync(table, null, from, to, limit, cancellation, where))
            throw new TooManyRowsException(limit);
        yield return page;
        while (page.Count == PageRows)
        {
            page = await queries.RowsAsync(table, null, from, to, PageRows, cancellation, page[^1], where);
            yield return page;
        }
    }

    public Task<IReadOnlyList<PublishedRow>> LatestHoursAsync(Instant from, Instant to, int limit, CancellationToken cancellation) =>
        queries.LatestHourlyAsync(from, to, limit, cancellation);

    public Task<LiveRange> LiveAsync(LiveQuestion question, Instant now, CancellationToken cancellation) =>
        queries.LiveAsync(question, now, cancellation);

    public Task<TopAnswer> TopAsync(TopQuestion question, CancellationToken cancellation) => queries.TopAsync(question, cancellation);

    public async Task<QuantileReport> QuantileAsync(
        double q, Rollup rollup, IReadOnlyDictionary<string, IReadOnlyCollection<string>> where, Instant? from, Instant? to,
        CancellationToken cancellation)
    {
        // Of one dimension the database finds the labels; of several they are sorted out here, as they come.
        bool isOne = rollup.Dimensions.Count == 1;
        var labels = isOne ? where.GetValueOrDefault(rollup.Dimensions[0]) : null;
        var answer = await queries.QuantileAsync(
            q, labels, from, to, cancellation, rollup.Name, isOne || where.Count == 0 ? null : label => Parts(label)
                .All(part => !where.TryGetValue(part.Dimension, out var wanted) || wanted.Contains(part.Value)));
        var found = answer.Platforms.SelectMany(Parts).Where(part => part.Dimension == Rollup.Platform).Select(part => part.Value).Distinct();
        return new QuantileReport(
            q, answer.ValueMs, answer.RankErrorBound, answer.Count, answer.From, answer.To, [.. where.GetValueOrDefault(Rollup.Platform) ?? found]);

        IEnumerable<(string Dimension, string Value)> Parts(string label) =>
            rollup.Dimensions.Zip(Rollup.Split(label, rollup.Dimensions.Count));
    }

    public async Task<StatusReport> StatusAsync(CancellationToken cancellation)
    {
        var (named, ends, stable, owned, silence) = await AskBrokersAsync(cancellation);
        var status = await queries.StatusAsync(named, cancellation);
        var stored = status.Partitions.ToDictionary(partition => partition.Source);
        var all = stored.Keys.Union(named ?? []).Order();
        var report = new StatusReport
        {
            Partitions = [.. all.Select(source => LineOf(source, stored.GetValueOrDefault(source), ends, stable, owned))],
            Watermark = status.Watermark,
            WatermarkAge = status.Watermark is { } watermark ? await store.NowAsync(cancellation) - watermark : null,
            ClockSpeed = ClockSpeed,
            OpenHours = status.OpenHours,
            NextClose = status.NextClose,
            DirtyHours = status.DirtyHours,
            DirtyDays = status.DirtyDays,
            RowsKept = status.RowsKept,
            Rollups = status.Rollups,
            Gaps = [.. status.Gaps.Select(
                gap => new GapLine(gap.Source.Topic, gap.Source.Partition, gap.FromOffset, gap.ToOffset, gap.Reason, gap.RecordedAt))],
            Events = new EventFigures(status.Events),
            Sizes = status.Sizes,
            KafkaSilence = silence,
            Process = Process,
        };
        Tell?.Invoke(report);
        return report;
    }

    private static PartitionLine LineOf(SourcePartition source, PartitionStatus? stored, IReadOnlyDictionary<SourcePartition, long> ends,
        IReadOnlyDictionary<SourcePartition, long> stable, IReadOnlySet<SourcePartition>? owned) => new(
        source.Topic, source.Partition,
        // The row keeps its last owner; whether that one is still there only the group knows.
        owned is not null && owned.Contains(source) ? stored?.Owner : null,
        stored?.NextOffset,
        ends.TryGetValue(source, out long end) ? end : null,
        stored?.Watermark)
        {
            CheckpointAge = stored?.CheckpointAge,
            LastStableOffset = stable.TryGetValue(source, out long decided) ? decided : null,
        };

    /// <summary>No answer is an answer here: a status is most wanted when something is away, and that is waited for once.</summary>
    private async Task<BrokerAnswers> AskBrokersAsync(CancellationToken cancellation)
    {
        var answers = new BrokerAnswers(null, new Dictionary<SourcePartition, long>(), new Dictionary<SourcePartition, long>(), null, null);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        bound.CancelAfter(BrokerTimeout);
        try
        {
            var described = await metadata.DescribeAsync(topics.All, bound.Token);
            answers = answers with { Named = topics.PartitionsOf(described) };
            var existing = described.SelectMany(
                topic => Enumerable.Range(0, topic.Value.PartitionCount).Select(p => new SourcePartition(topic.Key, p))).ToList();
            answers = answers with { Ends = await metadata.EndOffsetsAsync(existing, bound.Token) };
            answers = answers with { Stable = await metadata.StableOffsetsAsync(existing, bound.Token) };
            return answers with { Owned = await assigned(bound.Token) };
        }
        catch (LogUnavailableException away)
        {
            return answers with { Silence = FaultText.LineOf(away) };
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return answers with { Silence = $"Kafka has not answered all questions within {BrokerTimeout.TotalSeconds:0} s" };
        }
    }

    private sealed record BrokerAnswers(
        IReadOnlyList<SourcePartition>? Named, IReadOnlyDictionary<SourcePartition, long> Ends, IReadOnlyDictionary<SourcePartition, long> Stable,
        IReadOnlySet<SourcePartition>? Owned, string? Silence);
}
