using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;

namespace StreamAgg.Service.Output;

/// <summary>The log of a process: lines on standard output, errors on standard error. Levels can be set in section <c>Logging</c>.</summary>
internal static class ProcessLog
{
    public static ILoggerFactory Create(IConfiguration configuration, TimeProvider clock, bool isQuiet) => LoggerFactory.Create(logging =>
    {
        logging.SetMinimumLevel(isQuiet ? LogLevel.Error : LogLevel.Information);
        // What the libraries say at this level is of no use to an operator.
        logging.AddFilter("Microsoft", LogLevel.Warning);
        // Its one line, that it could not start, is said by who started it.
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        logging.AddFilter("Npgsql", LogLevel.Error);
        logging.AddConfiguration(configuration.GetSection("Logging"));
        logging.AddConsole(console =>
        {
            console.FormatterName = LineLogFormatter.FormatterName;
            console.LogToStandardErrorThreshold = LogLevel.Error;
        });
        logging.Services.Replace(ServiceDescriptor.Singleton<ConsoleFormatter>(new LineLogFormatter(clock)));
    });
}
