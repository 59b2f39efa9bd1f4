using System.Text.Json;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Configuration;

/// <summary>Where settings come from, the last strongest: appsettings.json, the environment, the command line.</summary>
internal static class SettingSources
{
    private const string FileName = "appsettings.json";

    /// <remarks>
    /// The file is looked for beside the executable, then in the working directory, which is the stronger one: an installation has its
    /// defaults and a deployment its own folder.
    /// </remarks>
    /// <exception cref="CommandFaultException">A file can't be read or is not JSON.</exception>
    public static IConfigurationRoot Read(IReadOnlyList<KeyValuePair<string, string?>> commandLine)
    {
        string[] folders = [AppContext.BaseDirectory, WorkingDirectory()];
        var builder = new ConfigurationBuilder();
        foreach (string path in folders.Select(folder => Path.GetFullPath(Path.Combine(folder, FileName))).Distinct().Where(File.Exists))
            builder.AddInMemoryCollection(ReadFile(path));
        // Given twice, the last one counts, as among the sources.
        var last = commandLine.GroupBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase).Select(same => same.Last());
        return builder.AddEnvironmentVariables().AddInMemoryCollection(last).Build();
    }

    private static string WorkingDirectory()
    {
        try
        {
            return Directory.GetCurrentDirectory();
        }
        catch (IOException)
        {
            throw CommandFaultException.Usage("The working directory was deleted: change into one that is there, and start again.");
        }
    }

    private static List<KeyValuePair<string, string?>> ReadFile(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return [.. new ConfigurationBuilder().AddJsonStream(stream).Build().AsEnumerable()];
        }
        catch (Exception e) when (e is FormatException or InvalidDataException or JsonException)
        {
            throw CommandFaultException.Usage($"{path} can't be read as settings: {OneLine.Of(e.InnerException ?? e)} Correct the file.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CommandFaultException.Usage($"{path} can't be opened: {OneLine.Of(e)} Make it readable, or remove it.");
        }
    }
}
