using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using StreamAgg.Kafka.Tests.Log;

namespace StreamAgg.Kafka.Tests;

/// <summary>Writes log lines into the output of the test that runs, and keeps them.</summary>
internal sealed class TestOutputLogs : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> lines = new();

    public bool HaveSaid(string words) => lines.Any(line => line.Contains(words, StringComparison.Ordinal));

    public async Task HaveSaidAsync(string words)
    {
        long started = Stopwatch.GetTimestamp();
        while (!HaveSaid(words))
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < LogMember.Deadline, $"no \"{words}\" within {LogMember.Deadline}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void Dispose()
    {
        // Nothing is held.
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        string line = formatter(state, exception);
        lines.Enqueue(line);
        try
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"{DateTime.UtcNow:HH:mm:ss.fff} {logLevel} {line}");
        }
        catch (InvalidOperationException)
        {
            // Its test has ended: a client whose broker is gone ends in the background.
        }
    }
}
