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
    /// <summary>Far beyond what anything takes on an idle machine: it tells a hang, not a slow machine.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(180);

    private readonly ILoggerFactory loggers;
    private readonly string servers;

    public LogMember(KafkaOptions options, RecordingHandler? handler = null, int member = 0, int members = 1, TimeProvider? time = null)
    {
        servers = options.BootstrapServers;
        loggers = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Debug).AddProvider(Logs));
        Handler = handler ?? new RecordingHandler();
        Log = new KafkaEventLog(options, loggers.CreateLogger<KafkaEventLog>(), member, members, time);
        Log.Subscribe();
    }

    public TestOutputLogs Logs { get; } = new();

    public RecordingHandler Handler { get; }

    public KafkaEventLog Log { get; }

    public void Poll(int milliseconds = 20)
    {
        TestKafka.ThrowIfEnded(servers);
        Log.Poll(TimeSpan.FromMilliseconds(milliseconds), Handler);
        foreach (SourcePartition source in Handler.ToStart)
            Log.Start(source, Handler.NextOffsets.GetValueOrDefault(source), leaderEpoch: null);

        Handler.ToStart.Clear();
    }

    public void PollUntil(Func<bool> condition)
    {
        long started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Deadline, $"not within {Deadline}; records: {Handler.Records.Count}, owned: {Handler.Owned.Count}");
            Poll();
        }
    }

    public void Dispose()
    {
        Log.Close(Handler);
        loggers.Dispose();
    }
}
