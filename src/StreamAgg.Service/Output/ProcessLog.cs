using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;

namespace StreamAgg.Service.Output;

/// <summary>The log of a process: lines on standard output, errors on standard error. Section <c>Logging</c> sets levels and the format.</summary>
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
            // Of a name that is not there the library would make an exception.
            string? format = configuration["Logging:Console:FormatterName"];
            bool isJson = string.Equals(format, JsonLogFormatter.FormatterName, StringComparison.OrdinalIgnoreCase);
            console.FormatterName = isJson ? JsonLogFormatter.FormatterName : LineLogFormatter.FormatterName;
            console.LogToStandardErrorThreshold = LogLevel.Error;
        });
        // In place of the library's own, which would show a secret in a message of somebody else's.
        logging.Services.RemoveAll<ConsoleFormatter>();
        logging.Services.AddSingleton<ConsoleFormatter>(new LineLogFormatter(clock));
        logging.Services.AddSingleton<ConsoleFormatter>(new JsonLogFormatter(clock));
    });
}
