using StreamAgg.Service.Cli;
using StreamAgg.Service.Faults;

if (OpenFileLimit.WhyTooLow() is { } reason)
{
    Console.Error.WriteLine($"streamagg: {reason}");
    return ExitCode.Dependency;
}

return await CommandLine.RunAsync(args);
