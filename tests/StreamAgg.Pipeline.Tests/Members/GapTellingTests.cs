using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Members;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Store;
using StreamAgg.Pipeline.Telemetry;
using StreamAgg.Pipeline.Tests.Members.Fakes;
using StreamAgg.Pipeline.Tests.Telemetry;
using Xunit;

namespace StreamAgg.Pipeline.Tests.Members;

/// <summary>A gap is one happening: an error in the log and a count, wherever it was found.</summary>
[Collection(MetersAlone.Name)]
public sealed class GapTellingTests : IDisposable
{
    private static readonly SourcePartition Source = new("gateway.usage", 0);

    private readonly List<string> errors = [];
    private readonly MeterListener listener = new();
    private readonly StreamAggMetrics metrics;
    private readonly FakeMetadata metadata = new();
    private readonly FakeStore store = new();
    private long counted;

    public GapTellingTests()
    {
        listener.InstrumentPublished = (instrument, own) =>
        {
            if (instrument.Meter.Name == StreamAggMetrics.Name && instrument.Name == "streamagg.gaps")
                own.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => counted += value);
        listener.Start();
        metrics = new StreamAggMetrics("group", 10);
    }

    [Fact]
    public async Task A_recreated_topics_gap_is_told_where_the_pipeline_goes_on()
    {
        metadata.TopicId = "another";
        var services = Services(GapAction.Continue);

        Assert.NotNull(await ClaimAttempt.RunAsync(services, Source, TestContext.Current.CancellationToken));

        Assert.Contains("GAP: records from offset 0", Assert.Single(errors), StringComparison.Ordinal);
        Assert.Equal(1, counted);
    }

    [Fact]
    public async Task And_once_where_it_takes_two_claims_to_store_it()
    {
        metadata.TopicId = "another";
        var services = Services(GapAction.Continue);
        store.Adoptions.Enqueue(_ => throw new StoreUnavailableException("away"));
        store.Adoptions.Enqueue(_ => Task.FromResult<Fence?>(null));

        Assert.Null(await ClaimAttempt.RunAsync(services, Source, TestContext.Current.CancellationToken));
        Assert.Null(await ClaimAttempt.RunAsync(services, Source, TestContext.Current.CancellationToken));
        Assert.NotNull(await ClaimAttempt.RunAsync(services, Source, TestContext.Current.CancellationToken));

        Assert.Single(errors);
        Assert.Equal(1, counted);
    }

    [Fact]
    public async Task And_where_nobody_knows_whether_it_is_stored()
    {
        metadata.TopicId = "another";
        var services = Services(GapAction.Continue);
        store.Adoptions.Enqueue(_ => throw new CommitOutcomeUnknownException("lost", null));

        Assert.Null(await ClaimAttempt.RunAsync(services, Source, TestContext.Current.CancellationToken));

        Assert.Single(errors);
        Assert.Equal(1, counted);
    }

    [Fact]
    public async Task And_where_it_stops()
    {
        metadata.TopicId = "another";
        var services = Services(GapAction.Stop);

        await Assert.ThrowsAsync<PipelineStoppedException>(() => ClaimAttempt.RunAsync(services, Source, TestContext.Current.CancellationToken));

        Assert.Single(errors);
        Assert.Equal(1, counted);
    }

    public void Dispose()
    {
        listener.Dispose();
        metrics.Dispose();
    }

    private MemberServices Services(GapAction onGap) => new()
    {
        Options = new PipelineOptions { OnGap = onGap },
        Topics = new PipelineTopics("gateway.usage", "gateway.errors"),
        Owner = "m1",
        Metadata = metadata,
        Store = store,
        DeadLetters = new FakeLetters(),
        Metrics = metrics,
        Logger = new Errors(errors),
        Time = TimeProvider.System,
        Backoff = new Backoff(static () => 0.5),
    };

    private sealed class Errors(List<string> errors) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Error)
                errors.Add(formatter(state, exception));
        }
    }
}
