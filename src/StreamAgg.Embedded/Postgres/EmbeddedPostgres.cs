using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace StreamAgg.Embedded.Postgres;

/// <summary>A PostgreSQL of one's own, for the demo and for tests: found on the machine, in a temporary folder, on a free loopback port.</summary>
/// <remarks>
/// It ends with this process, however that ends: a shell beside it waits for its standard input to close, then stops the server and
/// removes the folder. Ctrl+C does not reach it before. Members are not safe from several threads at once.
/// </remarks>
public sealed class EmbeddedPostgres : IAsyncDisposable
{
    public const string Administrator = "postgres";

    // Below the range that outgoing connections take their ports from: while the server is down, nobody takes its port by chance.
    private const int FirstPort = 20_000, LastPort = 32_000;
    private const int MaxStartAttempts = 10;

    private readonly EmbeddedPostgresOptions options;
    private readonly ServerAccount account;
    private readonly string binaries, folder, password;
    private Process? guard;

    private EmbeddedPostgres(EmbeddedPostgresOptions options, string password)
    {
        this.options = options;
        this.password = password;
        binaries = PostgresBinaries.Find();
        account = ServerAccount.Choose();
        folder = account.CreateFolder();
    }

    /// <summary>Whether this machine has a server to make one of.</summary>
    public static bool IsThere => PostgresBinaries.AreThere;

    /// <summary>On 127.0.0.1. The same after a stop and a start.</summary>
    public int Port { get; private set; }

    private string Data => Path.Combine(folder, "data");

    private string Log => Path.Combine(folder, "log");

    /// <summary>Makes a server and starts it.</summary>
    /// <exception cref="EmbeddedPostgresException">None is found, or it does not start.</exception>
    public static Task<EmbeddedPostgres> CreateAsync(EmbeddedPostgresOptions? options = null) => StartAsync(
        new EmbeddedPostgres(options ?? new EmbeddedPostgresOptions(), Convert.ToHexString(RandomNumberGenerator.GetBytes(12))),
        server => server.Initialize());

    /// <summary>Whether these binaries can make a standby: some packages of a server lack the program that copies one.</summary>
    public bool CanHaveStandby => File.Exists(Binary("pg_basebackup"));

    /// <summary>Makes a standby that follows this server, and starts it.</summary>
    public Task<EmbeddedPostgres> CreateStandbyAsync() => StartAsync(
        new EmbeddedPostgres(options, password),
        standby => standby.account.Run(
            options.CommandTimeout, Binary("pg_basebackup"), "-w", "-R", "-X", "stream", "-c", "fast", "-D", standby.Data,
            "-d", $"host=127.0.0.1 port={Port} user={Administrator} password={password}"));

    private static Task<EmbeddedPostgres> StartAsync(EmbeddedPostgres server, Action<EmbeddedPostgres> fill) => Task.Run(async () =>
    {
        try
        {
            server.Guard();
            fill(server);
            server.StartOnFreePort();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    });

    /// <summary>In Npgsql's format.</summary>
    /// <param name="database">One that was created; <c>postgres</c> is always there.</param>
    public string ConnectionString(string database = "postgres") =>
        $"Host=127.0.0.1;Port={Port};Username={Administrator};Password={password};Database={database}";

    /// <summary>Starts a server that was stopped or killed, with its data, on its port.</summary>
    public Task StartAsync() => Task.Run(StartOnPort);

    /// <summary>Makes a standby a primary.</summary>
    public Task PromoteAsync() => Task.Run(() => account.Run(options.CommandTimeout, Binary("pg_ctl"), "-D", Data, "-w", "promote"));

    public Task StopAsync(StopMode mode = StopMode.Fast) => Task.Run(() =>
        account.Run(options.CommandTimeout, Binary("pg_ctl"), "-D", Data, "-m", mode == StopMode.Fast ? "fast" : "immediate", "-w", "stop"));

    /// <summary>Kills the server and every session with SIGKILL.</summary>
    public async Task KillAsync()
    {
        int server = ServerProcess();
        ServerProcesses.Kill(server);
        long started = Stopwatch.GetTimestamp();
        // Until its parent has read its end, a killed process is still there.
        while (ServerProcesses.IsAlive(server) && Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(2))
            await Task.Delay(20);
    }

    /// <summary>Every process of the server stands still: connections stay open, nothing is answered.</summary>
    public void Pause() => ServerProcesses.Stop(ServerProcess());

    public void Resume() => ServerProcesses.Continue(ServerProcess());

    /// <summary>Stops the server and removes its folder.</summary>
    public async ValueTask DisposeAsync()
    {
        if (guard is null)
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
            return;
        }
        guard.StandardInput.Close();
        using var bound = new CancellationTokenSource(options.CommandTimeout);
        await guard.WaitForExitAsync(bound.Token);
        guard.Dispose();
        guard = null;
    }

    private void Guard()
    {
        // Signals of the terminal are ignored here; the server is in a session of its own anyway. A server that was paused must be
        // woken to see that it is to go, so the guard kills what does not stop.
        const string script =
            """
            trap '' INT HUP TERM
            cat >/dev/null
            server=$(head -n 1 "$2/data/postmaster.pid" 2>/dev/null)
            if [ -n "$server" ]; then
              children=$(ps -o pid= --ppid "$server" 2>/dev/null)
              kill -CONT $server $children 2>/dev/null
              "$1/pg_ctl" -D "$2/data" -m immediate -w -t 10 stop >/dev/null 2>&1 || kill -KILL $server $children 2>/dev/null
            fi
            rm -rf "$2"
            """;
        guard = account.Start(hasInput: true, "/bin/sh", "-c", script, "postgres-guard", binaries, folder);
    }

    private void Initialize()
    {
        string passwordFile = Path.Combine(folder, "password");
        File.WriteAllText(passwordFile, password + "\n");
        // The server's account reads it, whatever the umask; the folder around it is closed to everybody else.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(passwordFile, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        account.Run(
            options.CommandTimeout, Binary("initdb"), "-D", Data, "-U", Administrator, "-A", "scram-sha-256", $"--pwfile={passwordFile}",
            "--encoding=UTF8", "--locale=C", "--no-sync");
        File.Delete(passwordFile);

        var settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["listen_addresses"] = "127.0.0.1",
            ["unix_socket_directories"] = "",
            ["max_connections"] = "200",
            ["shared_buffers"] = "64MB",
            ["fsync"] = options.IsDurable ? "on" : "off",
            ["full_page_writes"] = options.IsDurable ? "on" : "off",
            ["logging_collector"] = "off",
        };
        foreach (var (name, value) in options.Settings)
            settings[name] = value;
        File.AppendAllLines(
            Path.Combine(Data, "postgresql.conf"),
            settings.Select(setting => $"{setting.Key} = '{setting.Value.Replace("'", "''", StringComparison.Ordinal)}'"));
    }

    private void StartOnFreePort()
    {
        for (int attempt = 1; ; attempt++)
        {
            Port = FreePort();
            try
            {
                StartOnPort();
                return;
            }
            catch (EmbeddedPostgresException) when (attempt < MaxStartAttempts && LastWords().Contains("could not bind", StringComparison.Ordinal))
            {
                // Somebody took the port between the question and the start: another one.
            }
        }
    }

    private void StartOnPort()
    {
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                account.Run(
                    options.CommandTimeout, Binary("pg_ctl"), "-D", Data, "-l", Log, "-w", "-t", Seconds(options.CommandTimeout), "-o", $"-p {Port}",
                    "start");
                return;
            }
            catch (EmbeddedPostgresException)
                when (LastWords().Contains("is still in use", StringComparison.Ordinal) && Stopwatch.GetElapsedTime(started) < options.CommandTimeout)
            {
                // Sessions of the killed server still hold its memory; they end by themselves.
                Thread.Sleep(100);
            }
            catch (EmbeddedPostgresException failed)
            {
                throw new EmbeddedPostgresException($"PostgreSQL did not start: {LastWords().Split('\n')[^1]} ({failed.Message})", failed);
            }
        }
    }

    private string LastWords() =>
        File.Exists(Log) ? string.Join('\n', File.ReadLines(Log).TakeLast(5)) : "";

    private int ServerProcess()
    {
        string file = Path.Combine(Data, "postmaster.pid");
        return File.Exists(file)
            ? int.Parse(File.ReadLines(file).First(), CultureInfo.InvariantCulture)
            : throw new EmbeddedPostgresException("The embedded PostgreSQL does not run; start it first.");
    }

    private string Binary(string name) => Path.Combine(binaries, name);

    private static string Seconds(TimeSpan time) => ((int)time.TotalSeconds).ToString(CultureInfo.InvariantCulture);

    private static int FreePort()
    {
        while (true)
        {
            int port = RandomNumberGenerator.GetInt32(FirstPort, LastPort);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: the next one.
            }
        }
    }
}
