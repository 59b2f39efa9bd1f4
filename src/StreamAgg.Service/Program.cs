using StreamAgg.Service.Cli;

if (OpenFileLimit.WhyTooLow() is { } reason)
{
    Console.Error.WriteLine($"streamagg: {reason}");
    return ExitCode.Dependency;
}

return await CommandLine.RunAsync(args);
