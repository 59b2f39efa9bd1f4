using System.Runtime.CompilerServices;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Store;
using StreamAgg.Pipeline.Telemetry;
using StreamAgg.Postgres.Queries;
using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Tests.Http;

/// <summary>Answers that never change, and the last question: for what HTTP itself does.</summary>
internal sealed class FixedReports : IReports
{
    public static readonly Instant Now = Instant.FromUtc(new DateTime(2026, 3, 1, 12, 34, 56, DateTimeKind.Utc));

    private int quantiles;
    private int statuses;

    public FixedReports() => Live = question =>
    {
        var row = new LiveRow(Row(question.Days is null ? new DateTime(2026, 3, 1, 11, 0, 0) : new DateTime(2026, 3, 1)), false, null);
        return new LiveRange([row], [row]);
    };

    public bool IsAway { get; set; }

    /// <summary>Every question waits until its asker gives up.</summary>
    public bool IsHanging { get; set; }

    /// <summary>Every question meets it.</summary>
    public Exception? Fault { get; set; }

    public PipelineVitals? Process { get; set; }

    public Instant? From { get; private set; }

    public Instant? To { get; private set; }

    public IReadOnlyList<string> Platforms { get; private set; } = [];

    /// <summary>Every answer waits for it.</summary>
    public Task Hold { get; set; } = Task.CompletedTask;

    /// <summary>Of one row each.</summary>
    public int Pages { get; set; } = 1;

    /// <summary>At which page PostgreSQL goes away; none is -1.</summary>
    public int BrokenPage { get; set; } = -1;

    public string Label { get; set; } = "<b>&";

    /// <summary>The last that was asked of live rows.</summary>
    public LiveQuestion? Question { get; private set; }

    /// <summary>A closed hour, and its total, whatever is asked.</summary>
    public Func<LiveQuestion, LiveRange> Live { get; set; }

    public int Quantiles => quantiles;

    public int Statuses => statuses;

    public async Task<Instant> NowAsync(CancellationToken cancellation)
    {
        if (IsHanging)
            await Task.Delay(Timeout.Infinite, cancellation);
        return Now;
    }

    public async IAsyncEnumerable<IReadOnlyList<PublishedRow>> RowsAsync(
        RowTable table, IReadOnlyDictionary<string, IReadOnlyCollection<string>> where, Instant from, Instant to, int limit, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await AskAsync(Of(where), from, to, cancellation);
        if (Pages > limit)
            throw new TooManyRowsException(limit);
        for (int page = 0; page < Pages; page++)
        {
            if (page == BrokenPage)
                throw new StoreUnavailableException("PostgreSQL went away");
            yield return [Row(table == RowTable.Hourly ? new DateTime(2026, 3, 1, 11, 0, 0) : new DateTime(2026, 2, 28))];
        }
    }

    public async Task<IReadOnlyList<PublishedRow>> LatestHoursAsync(Instant from, Instant to, int limit, CancellationToken cancellation)
    {
        await AskAsync([], from, to, cancellation);
        return [Row(new DateTime(2026, 3, 1, 11, 0, 0))];
    }

    public async Task<LiveRange> LiveAsync(LiveQuestion question, Instant now, CancellationToken cancellation)
    {
        Question = question;
        await AskAsync(question.Platforms, question.From, question.To, cancellation);
        return Live(question);
    }

    /// <summary>What is counted by.</summary>
    public IReadOnlyList<Rollup> Rollups { get; set; } = [Rollup.ByPlatform(int.MaxValue)];

    /// <summary>The last that was asked of a rollup's keys.</summary>
    public TopQuestion? Top { get; private set; }

    /// <summary>What is answered to it.</summary>
    public TopAnswer TopAnswer { get; set; } = new(0, 0, []);

    public async Task<TopAnswer> TopAsync(TopQuestion question, CancellationToken cancellation)
    {
        Top = question;
        await AskAsync([], question.From, question.To, cancellation);
        return TopAnswer;
    }

    public async Task<QuantileReport> QuantileAsync(double q, Rollup rollup, IReadOnlyDictionary<string, IReadOnlyCollection<string>> where, Instant? from, Instant? to, CancellationToken cancellation)
    {
        Interlocked.Increment(ref quantiles);
        await AskAsync(Of(where), from, to, cancellation);
        return new QuantileReport(q, 12.5, 0.25, 3, from, to, Of(where));
    }

    public async Task<StatusReport> StatusAsync(CancellationToken cancellation)
    {
        Interlocked.Increment(ref statuses);
        await AskAsync([], null, null, cancellation);
        return new StatusReport
        {
            Partitions = [new PartitionLine("gateway.usage", 0, null, 5, null, null)],
            OpenHours = 1,
            DirtyHours = 2,
            RowsKept = 3,
            Events = new EventFigures(
                [new EventTotal("accepted", "", 90, 5), new EventTotal("left_out", "too_long", 4, 0), new EventTotal("refused", "malformed_json", 10, 2)]),
        };
    }

    private PublishedRow Row(DateTime start) => new(Instant.FromUtc(start), Label, [4L, 3L, 1L, 1L, 0L, 0L, 12.25, null, 25.0, Now]);

    private static IReadOnlyList<string> Of(IReadOnlyDictionary<string, IReadOnlyCollection<string>> where) => [.. where.GetValueOrDefault("platform") ?? []];

    private async Task AskAsync(IReadOnlyList<string> platforms, Instant? from, Instant? to, CancellationToken cancellation)
    {
        (Platforms, From, To) = (platforms, from, to);
        if (IsAway)
            throw new StoreUnavailableException("PostgreSQL is not there");
        if (Fault is not null)
            throw Fault;
        if (IsHanging)
            await Task.Delay(Timeout.Infinite, cancellation);
        await Hold.WaitAsync(cancellation);
    }
}
