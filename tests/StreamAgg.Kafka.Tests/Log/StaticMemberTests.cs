using Microsoft.Extensions.Logging;
using StreamAgg.Kafka.Log;
using StreamAgg.Kafka.Options;
using StreamAgg.Pipeline.Log;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.Kafka.Tests.Log;

/// <summary>The newer group protocol refuses a second member under one group.instance.id, whether the first one runs or has crashed.</summary>
public sealed class StaticMemberTests : LogTest
{
    [Fact]
    public async Task An_id_that_is_held_is_waited_for_and_taken_once_it_is_free()
    {
        (RecordedLog told, KafkaOptions options, LogMember holder) = await HeldAsync();
        using var heir = new StaticMemberLog(options, told);
        heir.Subscribe();
        var handler = new RecordingHandler();
        PollUntil(heir, handler, () => told.Lines.Count > 0, holder);
        Assert.Contains($"group.instance.id {options.Client["group.instance.id"]} is still held", told.Lines[0], StringComparison.Ordinal);
        Assert.False(heir.IsMember);

        holder.Dispose();
        PollUntil(heir, handler, () => handler.Owned.Count == 2);
        Assert.True(heir.IsMember);
        heir.Close(handler);
    }

    [Fact]
    public async Task An_id_that_is_held_for_longer_than_a_session_is_a_running_members()
    {
        (RecordedLog told, KafkaOptions options, LogMember holder) = await HeldAsync();
        using var second = new StaticMemberLog(options, told, heldIdTimeout: TimeSpan.FromSeconds(1));
        second.Subscribe();
        LogFatalException fatal = Assert.Throws<LogFatalException>(() => PollUntil(second, new RecordingHandler(), () => false, holder));
        Assert.Contains($"'{options.Client["group.instance.id"]}'", fatal.Message, StringComparison.Ordinal);
        Assert.Contains("an id of its own", fatal.Message, StringComparison.Ordinal);
        holder.Dispose();
    }

    private static async Task<(RecordedLog Told, KafkaOptions Options, LogMember Holder)> HeldAsync()
    {
        (TestKafka kafka, KafkaOptions options) = await NewLogAsync();
        Assert.SkipUnless(kafka.Supports(KafkaFeature.ConsumerProtocol), kafka.Lacks(KafkaFeature.ConsumerProtocol));
        options.Client["group.protocol"] = "consumer";
        options.Client["group.instance.id"] = TestKafka.NewName("instance");
        var holder = new LogMember(options);
        holder.PollUntil(() => holder.Handler.Owned.Count == 2);
        return (new RecordedLog(), options, holder);
    }

    private static void PollUntil(StaticMemberLog log, RecordingHandler handler, Func<bool> condition, LogMember? other = null)
    {
        long started = Environment.TickCount64;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 - started < 90_000, "not within 90 s");
            log.Poll(TimeSpan.FromMilliseconds(20), handler);
            other?.Poll();
        }
    }

    /// <summary>What is said of instance ids.</summary>
    private sealed class RecordedLog : ILogger<KafkaEventLog>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id == 2017)
                Lines.Add(formatter(state, exception));
        }
    }
}
