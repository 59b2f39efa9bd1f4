using StreamAgg.Service.Configuration;
using StreamAgg.Service.Faults;

namespace StreamAgg.Service.Cli;

/// <summary>
/// Takes the settings (<c>--StreamAgg:Kafka:GroupId=x</c>, or with the value as the next argument) out of the arguments, wherever they
/// stand and whatever the verb: configuration reads them, and the verbs' parser never sees them.
/// </summary>
internal sealed record SettingArguments(IReadOnlyList<string> Rest, IReadOnlyList<KeyValuePair<string, string?>> Settings)
{
    private const string Prefix = "--" + SettingsReader.SectionName + ":";

    /// <exception cref="CommandFaultException">A setting has no value.</exception>
    public static SettingArguments Split(IReadOnlyList<string> arguments)
    {
        var rest = new List<string>();
        var settings = new List<KeyValuePair<string, string?>>();
        var faults = new List<string>();
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            if (argument == "--")
            {
                rest.AddRange(arguments.Skip(i));
                break;
            }

            if (!argument.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            {
                rest.Add(argument);
                continue;
            }

            string key = argument[2..];
            int equals = key.IndexOf('=', StringComparison.Ordinal);
            if (equals >= 0)
                settings.Add(new(key[..equals], key[(equals + 1)..]));
            else if (i + 1 < arguments.Count && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal))
                settings.Add(new(key, arguments[++i]));
            else
                faults.Add($"{argument} has no value: write {argument}=VALUE.");
        }

        return faults.Count == 0 ? new(rest, settings) : throw CommandFaultException.Usage(faults);
    }
}
