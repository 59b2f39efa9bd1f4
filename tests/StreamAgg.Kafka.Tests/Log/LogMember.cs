using System.Diagnostics;
using Microsoft.Extensions.Logging;
using StreamAgg.Kafka.Log;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Log;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.Kafka.Tests.Log;

/// <summary>A member of a test's group: the log, and the handler that it reports to, polled from the test's own thread.</summary>
internal sealed class LogMember : IDisposable
{
    private static readonly ILoggerFactory Loggers = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Debug).AddProvider(new TestOutputLogs()));

    private readonly string servers;

    public LogMember(KafkaOptions options, RecordingHandler? handler = null, int member = 0, int members = 1)
    {
        servers = options.BootstrapServers;
        Handler = handler ?? new RecordingHandler();
        Log = new KafkaEventLog(options, Loggers.CreateLogger<KafkaEventLog>(), member, members);
        Log.Subscribe();
    }

    public RecordingHandler Handler { get; }

    public KafkaEventLog Log { get; }

    public void Poll(int milliseconds = 20)
    {
        TestKafka.ThrowIfEnded(servers);
        Log.Poll(TimeSpan.FromMilliseconds(milliseconds), Handler);
        foreach (SourcePartition source in Handler.ToStart)
        {
            Log.Start(source, Handler.NextOffsets.GetValueOrDefault(source), leaderEpoch: null);
        }

        Handler.ToStart.Clear();
    }

    /// <summary>With a deadline far beyond what anything takes on an idle machine: it tells a hang, not a slow machine.</summary>
    public void PollUntil(Func<bool> condition, int seconds = 90, string? what = null)
    {
        long started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started).TotalSeconds < seconds, what ?? $"not within {seconds} s; records: {Handler.Records.Count}, owned: {Handler.Owned.Count}");
            Poll();
        }
    }

    public void PollFor(TimeSpan span)
    {
        long started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < span)
        {
            Poll();
        }
    }

    public void Dispose() => Log.Close(Handler);
}
