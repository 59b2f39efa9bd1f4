using System.Diagnostics;

namespace StreamAgg.Embedded.Postgres;

/// <summary>Runs a server's commands as an account that PostgreSQL accepts: never as root.</summary>
internal sealed class ServerAccount
{
    private const string Name = "postgres";

    private readonly string[] prefix;

    private ServerAccount(string[] prefix) => this.prefix = prefix;

    private bool IsOther => prefix.Length > 0;

    /// <summary>Who runs this process; or, for root, the account <c>postgres</c>, which comes with the server's package.</summary>
    /// <exception cref="EmbeddedPostgresException">This process is root's, and there is nobody else to be.</exception>
    public static ServerAccount Choose()
    {
        if (!Environment.IsPrivilegedProcess)
            return new ServerAccount([]);
        if (!File.ReadLines("/etc/passwd").Any(line => line.StartsWith($"{Name}:", StringComparison.Ordinal)))
            throw new EmbeddedPostgresException(
                $"PostgreSQL does not run as root, and there is no account '{Name}' to run it; run ./dev setup, or run this as another user.");
        if (IsOnPath("setpriv"))
            return new ServerAccount(["setpriv", $"--reuid={Name}", $"--regid={Name}", "--init-groups", "--"]);
        if (IsOnPath("runuser"))
            return new ServerAccount(["runuser", "-u", Name, "--"]);
        throw new EmbeddedPostgresException(
            "PostgreSQL does not run as root, and neither setpriv nor runuser is there; install util-linux, or run this as another user.");
    }

    /// <summary>Makes a folder that the account owns and nobody else may read.</summary>
    public string CreateFolder()
    {
        string folder = Directory.CreateTempSubdirectory("streamagg-postgres-").FullName;
        if (IsOther)
            Run(TimeSpan.FromSeconds(10), asAccount: false, "chown", $"{Name}:", folder);
        return folder;
    }

    public Process Start(bool hasInput, params string[] command) => Start(asAccount: true, hasInput, command);

    /// <summary>Runs a command to its end.</summary>
    /// <exception cref="EmbeddedPostgresException">It failed, or took too long; the message has its last line.</exception>
    public void Run(TimeSpan timeout, params string[] command) => Run(timeout, asAccount: true, command);

    private void Run(TimeSpan timeout, bool asAccount, params string[] command)
    {
        using Process process = Start(asAccount, hasInput: false, command);
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(timeout))
        {
            process.Kill(entireProcessTree: true);
            throw new EmbeddedPostgresException($"{Path.GetFileName(command[0])} did not end within {timeout.TotalSeconds:0} s.");
        }
        if (process.ExitCode == 0)
            return;
        string said = $"{output.Result}\n{errors.Result}".Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .LastOrDefault() ?? "";
        throw new EmbeddedPostgresException($"{Path.GetFileName(command[0])} failed with exit code {process.ExitCode}: {said}");
    }

    private Process Start(bool asAccount, bool hasInput, string[] command)
    {
        string[] all = asAccount ? [.. prefix, .. command] : command;
        var start = new ProcessStartInfo(all[0], all.Skip(1))
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // A folder that every account may be in.
            WorkingDirectory = "/",
        };
        // The server's own settings, not whatever this shell's point to.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("PG", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(name);
        start.Environment["LC_ALL"] = "C";
        Process process = Process.Start(start) ?? throw new EmbeddedPostgresException($"{all[0]} could not be started.");
        if (!hasInput)
            process.StandardInput.Close();
        return process;
    }

    private static bool IsOnPath(string command) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Any(folder => File.Exists(Path.Combine(folder, command)));
}
