using StreamAgg.Service.Cli;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Run;

if (OpenFileLimit.WhyTooLow() is { } reason)
{
    Console.Error.WriteLine($"streamagg: {reason}");
    return ExitCode.Dependency;
}

Allocator.Adopt(args);
return await CommandLine.RunAsync(args);
