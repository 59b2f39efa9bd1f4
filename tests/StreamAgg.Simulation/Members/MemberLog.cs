using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StreamAgg.Simulation.Tracing;

namespace StreamAgg.Simulation.Members;

/// <summary>The pipeline's own log lines, as lines of the trace; nothing where no trace is kept.</summary>
internal sealed class MemberLog(Trace trace)
{
    public ILogger For(string name) => trace.IsOn ? new Lines(trace, name) : NullLogger.Instance;

    private sealed class Lines(Trace trace, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            trace.Write(name, formatter(state, exception));
    }
}
