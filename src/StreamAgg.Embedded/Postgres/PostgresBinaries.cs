using System.Diagnostics;

namespace StreamAgg.Embedded.Postgres;

/// <summary>Finds the folder of a PostgreSQL server's executables on this machine.</summary>
internal static class PostgresBinaries
{
    /// <summary>Names the folder outright, where it is not found by itself or another one is meant.</summary>
    public const string Variable = "PG_BINDIR";

    private static readonly string[] Needed = ["initdb", "pg_ctl", "postgres"];

    /// <summary>A folder that is named is taken to have them: <see cref="Find"/> says where that is wrong.</summary>
    public static bool AreThere => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } || Candidates().Any(HasAll);

    /// <exception cref="EmbeddedPostgresException">There is none.</exception>
    public static string Find()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
            return HasAll(named)
                ? named
                : throw new EmbeddedPostgresException(
                    $"{Variable} is '{named}', which lacks one of {string.Join(", ", Needed)}; name a folder that has them, or unset it.");
        return Candidates().FirstOrDefault(HasAll)
            ?? throw new EmbeddedPostgresException(
                $"No PostgreSQL server was found on this machine; run ./dev setup, or name its folder in {Variable}.");
    }

    private static bool HasAll(string folder) => Needed.All(name => File.Exists(Path.Combine(folder, name)));

    private static IEnumerable<string> Candidates()
    {
        if (AskPgConfig() is { } told)
            yield return told;
        // Debian and its kin, one folder a version; the newest first.
        foreach (string root in (string[])["/usr/lib/postgresql", "/usr/local/opt", "/opt/homebrew/opt"])
            if (Directory.Exists(root))
                foreach (string version in Directory.GetDirectories(root).OrderByDescending(Version)
                    .ThenByDescending(name => name, StringComparer.Ordinal))
                    yield return Path.Combine(version, "bin");
        yield return "/usr/pgsql/bin";
        foreach (string folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            yield return folder;
    }

    private static int Version(string folder) => int.TryParse(Path.GetFileName(folder).Split('@')[^1], out int version) ? version : 0;

    /// <summary>Null where there is no pg_config (it comes with the development files, not with the server).</summary>
    private static string? AskPgConfig()
    {
        try
        {
            var start = new ProcessStartInfo("pg_config", "--bindir")
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using Process? process = Process.Start(start);
            string? folder = process?.StandardOutput.ReadLine();
            process?.WaitForExit();
            return process?.ExitCode == 0 ? folder : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
