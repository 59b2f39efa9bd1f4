using Microsoft.Extensions.Logging;
using StreamAgg.Kafka.Log;
using StreamAgg.Kafka.Logging;
using StreamAgg.Kafka.Native;

namespace StreamAgg.Kafka.Tests.Native;

public sealed class ConsumerClientTests
{
    [Fact]
    public void A_logger_that_throws_ends_nothing_where_native_code_calls_it()
    {
        using var logger = new ThrowingLogger();
        // Nobody listens there: an error of every attempt, and a line of its own for it.
        using var client = new ConsumerClient(
            [new("bootstrap.servers", "127.0.0.1:1"), new("group.id", "g"), new("client.id", "throws")], new ClientLines(logger, new RepeatLimit(TimeProvider.System)));
        using var native = new NativeConsumer(client, ["t"], 1);
        while (!logger.Errors.IsSet)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            native.Return(native.Consume(TimeSpan.FromMilliseconds(20)));
        }
    }

    private sealed class ThrowingLogger : ILogger, IDisposable
    {
        public ManualResetEventSlim Errors { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Warning)
                Errors.Set();

            throw new InvalidOperationException("its file is full");
        }

        public void Dispose() => Errors.Dispose();
    }
}
