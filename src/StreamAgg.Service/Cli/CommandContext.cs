using StreamAgg.Service.Configuration;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Cli;

/// <summary>What every verb is given: the settings of the command line, the signals, and where it writes.</summary>
internal sealed record CommandContext(IReadOnlyList<KeyValuePair<string, string?>> SettingArguments, StopSignals Signals)
{
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    public Terminal Terminal { get; init; } = Terminal.OfProcess();

    /// <summary>Reads and checks every setting. Each verb does so first, before it connects to anything.</summary>
    /// <exception cref="CommandFaultException">A setting is wrong or unknown.</exception>
    public Settings Configure() => Configure(out _);

    public Settings Configure(out IConfiguration configuration)
    {
        configuration = SettingSources.Read(SettingArguments);
        return SettingsBinder.Bind(configuration);
    }
}
