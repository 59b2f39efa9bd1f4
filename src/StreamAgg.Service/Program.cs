using StreamAgg.Service.Cli;

return await CommandLine.RunAsync(args);
