using System.Globalization;

namespace StreamAgg.Service.Cli;

/// <summary>
/// How many files the process may have open. Below some number not even its own assemblies can be loaded, and what fails then is whatever comes
/// next: so it is asked first, by code that needs few of them.
/// </summary>
internal static class OpenFileLimit
{
    /// <summary>Assemblies, servers' connections, and for each Kafka client some three files a broker: `run` has some 240 with one.</summary>
    public const int Least = 512;

    private const string LimitsFile = "/proc/self/limits";

    /// <returns>Null where there are enough, or where this system does not tell.</returns>
    public static string? WhyTooLow() => File.Exists(LimitsFile) ? WhyTooLow(File.ReadLines(LimitsFile)) : null;

    /// <param name="lines">As Linux writes them: a name, the soft and the hard limit. The runtime has raised the soft one to the hard one.</param>
    public static string? WhyTooLow(IEnumerable<string> lines)
    {
        const string Name = "Max open files";
        string? line = lines.FirstOrDefault(line => line.StartsWith(Name, StringComparison.Ordinal));
        string? soft = line?[Name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return int.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out int limit) && limit < Least
            ? $"This process may open {limit} files at once, and needs {Least} or more: raise the limit (`ulimit -n 1024`; LimitNOFILE= of a systemd unit)."
            : null;
    }
}
