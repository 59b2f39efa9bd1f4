using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.DeadLetters;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Members;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Running;
using StreamAgg.Pipeline.Store;
using StreamAgg.Pipeline.Telemetry;
using Xunit;

namespace StreamAgg.Pipeline.Tests;

public sealed class PipelineRunnerTests
{
    [Fact]
    public async Task A_member_that_cannot_go_on_ends_the_others_and_says_why()
    {
        using var metrics = new StreamAggMetrics("group", 10);
        var runner = new PipelineRunner(
            Services(metrics),
            member => new QuietLog { Fault = member == 1 ? new LogFatalException("not authorized") : null });
        var why = await Assert.ThrowsAsync<LogFatalException>(() => runner.RunAsync(TestContext.Current.CancellationToken));
        Assert.Equal("not authorized", why.Message);
    }

    private static MemberServices Services(StreamAggMetrics metrics) => new()
    {
        Options = new PipelineOptions { Consumers = 3 },
        Topics = new PipelineTopics("usage", "errors"),
        Owner = "test",
        Metadata = DispatchProxy.Create<ILogMetadata, Away>(),
        Store = DispatchProxy.Create<IAggregateStore, Away>(),
        DeadLetters = new NoLetters(),
        Metrics = metrics,
        Logger = NullLogger.Instance,
        Time = TimeProvider.System,
        Backoff = new Backoff(() => 0.5),
    };

    /// <summary>A group that never answers.</summary>
    private sealed class QuietLog : IEventLog
    {
        public Exception? Fault { get; init; }

        public void Subscribe()
        {
        }

        public void Poll(TimeSpan timeout, ILogHandler handler)
        {
            if (Fault is not null)
                throw Fault;
            Thread.Yield();
        }

        public void Start(SourcePartition source, long nextOffset, int? leaderEpoch)
        {
        }

        public void Stop(SourcePartition source)
        {
        }

        public void Pause()
        {
        }

        public void Resume()
        {
        }

        public void CommitOffsets(IReadOnlyCollection<KeyValuePair<SourcePartition, long>> nextOffsets)
        {
        }

        public void Close(ILogHandler handler)
        {
        }

        public void Dispose()
        {
        }
    }

    private sealed class NoLetters : IDeadLetterSink
    {
        public long PendingLetters => 0;

        public long PendingBytes => 0;

        public void Send(in LogRecord record, ReadOnlySpan<Refusal> refusals, Instant refusedAt)
        {
        }

        public Task FlushAsync(CancellationToken cancellation) => Task.CompletedTask;
    }
}

/// <summary>A server that is away: every question to it fails.</summary>
public class Away : DispatchProxy
{
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod?.DeclaringType == typeof(ILogMetadata)
        ? throw new LogUnavailableException("away")
        : throw new StoreUnavailableException("away");
}
