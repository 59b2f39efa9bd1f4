using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using StreamAgg.Kafka.Logging;

namespace StreamAgg.Kafka.Tests.Logging;

/// <summary>A broker that is away for a night must not fill the disk with the client's own words.</summary>
public sealed class ClientLinesTests
{
    private readonly SteppedTime time = new();
    private readonly RecordedLines lines = new();
    private readonly ClientLines client;

    public ClientLinesTests() => client = new ClientLines(lines, new RepeatLimit(time));

    [Fact]
    public void The_same_error_is_told_once_in_30_seconds_with_the_number_of_those_left_out()
    {
        for (int i = 0; i < 600; i++)
        {
            client.OnError(new Error(ErrorCode.Local_AllBrokersDown, $"{i % 2}/1 brokers are down"));
            time.Step(TimeSpan.FromMilliseconds(100));
        }

        Assert.Equal(
            [
                "Kafka: 0/1 brokers are down (Local_AllBrokersDown); the client goes on trying",
                "Kafka: 0/1 brokers are down (Local_AllBrokersDown); the client goes on trying (299 more like this since it was said last)",
            ],
            lines.Told);
    }

    [Fact]
    public void How_long_the_client_tried_does_not_make_it_another_line()
    {
        client.Log("c-1", "CONNECT", SyslogLevel.Error, "b:9092/1: Connect to ipv4#10.0.0.1:9092 failed: Connection refused (after 0ms in state CONNECT)");
        client.Log("c-1", "CONNECT", SyslogLevel.Error, "b:9092/1: Connect to ipv4#10.0.0.1:9092 failed: Connection refused (after 3ms in state CONNECT, 30 identical error(s) suppressed)");
        Assert.Single(lines.Told);
    }

    [Fact]
    public void A_failed_connection_is_told_once_as_the_error_that_it_is()
    {
        client.Log("c-1", "FAIL", SyslogLevel.Error, "b:9092/1: Connection refused");
        client.OnError(new Error(ErrorCode.Local_Transport, "b:9092/1: Connection refused"));
        Assert.Equal(["Kafka: b:9092/1: Connection refused (Local_Transport); the client goes on trying"], lines.Told);
    }

    [Fact]
    public void Another_broker_another_partition_or_another_reason_is_told_at_once()
    {
        client.Log("c-1", "CONNECT", SyslogLevel.Error, "b:9092/1: Connect to ipv4#10.0.0.1:9092 failed: Connection refused (after 0ms in state CONNECT)");
        client.Log("c-1", "CONNECT", SyslogLevel.Error, "b:9092/2: Connect to ipv4#10.0.0.2:9092 failed: Connection refused (after 0ms in state CONNECT)");
        client.PartitionError("gateway.usage", 0, "LeaderNotAvailable", "no leader");
        client.PartitionError("gateway.usage", 1, "LeaderNotAvailable", "no leader");
        client.PartitionError("gateway.usage", 1, "OffsetNotAvailable", "no leader");
        Assert.Equal(5, lines.Told.Count);
    }

    [Fact]
    public void Thousands_of_letters_that_are_sent_again_are_one_line()
    {
        for (int i = 0; i < 5000; i++)
            client.LetterRetried("InvalidTimestamp", "too old");
        Assert.Contains("it is sent again", Assert.Single(lines.Told), StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_held_back_is_told_even_after_an_hour_of_silence()
    {
        client.Error("Local_Transport", "gone");
        client.Error("Local_Transport", "gone");
        time.Step(TimeSpan.FromHours(1));
        client.Error("Local_Transport", "gone");
        time.Step(TimeSpan.FromHours(1));
        client.Error("Local_Transport", "gone");
        Assert.Equal([false, true, false], lines.Told.Select(line => line.EndsWith("(1 more like this since it was said last)", StringComparison.Ordinal)));
    }

    [Fact]
    public void More_texts_than_are_remembered_are_all_told()
    {
        for (int i = 0; i <= RepeatLimit.Capacity; i++)
            client.Error("Local_Transport", $"broker {i}");

        Assert.Equal(RepeatLimit.Capacity + 1, lines.Told.Count);
    }

    private sealed class SteppedTime : TimeProvider
    {
        private long now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => now;

        public void Step(TimeSpan by) => now += by.Ticks;
    }

    private sealed class RecordedLines : ILogger
    {
        public List<string> Told { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Told.Add(formatter(state, exception));
    }
}
