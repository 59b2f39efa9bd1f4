using System.Text.Json;
using Npgsql;
using StreamAgg.Testing.Kafka;
using StreamAgg.Testing.Postgres;

namespace StreamAgg.EndToEnd.Tests.Harness;

/// <summary>One pipeline with topics, group and database of its own: the processes that run it, what was produced into it, what its tables hold.</summary>
internal sealed class Deployment : IAsyncDisposable
{
    private readonly List<ServiceProcess> processes = [];
    private readonly NpgsqlDataSource database;

    private Deployment(Brokers brokers, NpgsqlDataSource database, string usageTopic, string errorTopic, Dictionary<string, string> settings)
    {
        (Brokers, this.database, UsageTopic, ErrorTopic, Settings) = (brokers, database, usageTopic, errorTopic, settings);
        Events = new EventProducer(brokers.BootstrapServers, usageTopic, errorTopic, Recount);
        State = new StateTables(database, brokers, () => Settings["Pipeline:Id"], [usageTopic, errorTopic]);
    }

    public Brokers Brokers { get; }

    public string UsageTopic { get; }

    public string ErrorTopic { get; }

    /// <summary>Keys below section StreamAgg, for every process that is started from here on.</summary>
    public Dictionary<string, string> Settings { get; }

    public Recount Recount { get; } = new();

    public EventProducer Events { get; }

    public StateTables State { get; }

    /// <summary>The administrator's.</summary>
    public NpgsqlDataSource Database => database;

    public required string MigratorConnectionString { get; init; }

    /// <param name="partitions">Of each of the two topics.</param>
    /// <param name="brokers">Null: the shared ones.</param>
    /// <param name="postgres">Its administrator's connection string. Null: the shared one's.</param>
    /// <param name="isMigrated">False: an empty database.</param>
    /// <param name="settings">Keys below section StreamAgg.</param>
    public static async Task<Deployment> CreateAsync(
        int partitions = 2, Brokers? brokers = null, string? postgres = null, bool isMigrated = true, params (string Key, string Value)[] settings)
    {
        brokers ??= await Brokers.SharedAsync();
        string administrator = await Databases.CreateAsync(postgres ?? await TestPostgres.SharedAsync());
        string usage = TestKafka.NewName("usage"), error = TestKafka.NewName("errors"), letters = TestKafka.NewName("dead");
        await brokers.CreateTopicAsync(usage, partitions);
        await brokers.CreateTopicAsync(error, partitions);
        await brokers.CreateTopicAsync(letters, 1);
        var all = new Dictionary<string, string>
        {
            ["Kafka:BootstrapServers"] = brokers.BootstrapServers,
            ["Kafka:GroupId"] = TestKafka.NewName("group"),
            ["Kafka:UsageTopic"] = usage,
            ["Kafka:ErrorTopic"] = error,
            ["Kafka:DeadLetterTopic"] = letters,
            // Short, so that a member that was killed is missed soon, and long enough for a busy machine.
            ["Kafka:Client:session.timeout.ms"] = "6000",
            ["Kafka:Client:heartbeat.interval.ms"] = "1000",
            ["Postgres:ConnectionString"] = Databases.As(administrator, "test_service", "s"),
            ["Pipeline:Id"] = "test",
            ["Pipeline:Grace"] = "00:00:00",
            ["Pipeline:CheckpointInterval"] = "00:00:00.2",
            ["Http:Url"] = "http://127.0.0.1:0",
        };
        foreach (var (key, value) in settings)
            all[key] = value;
        var source = new NpgsqlDataSourceBuilder(administrator + ";Timeout=5;Command Timeout=10;Maximum Pool Size=4").Build();
        var deployment = new Deployment(brokers, source, usage, error, all)
        {
            MigratorConnectionString = Databases.As(administrator, "test_migrator", "m"),
            Events = { Partitions = partitions },
        };
        if (isMigrated)
            await deployment.MigrateAsync();
        return deployment;
    }

    /// <summary>As the migrator's role, without a process.</summary>
    public Task MigrateAsync() =>
        Databases.MigrateAsync(MigratorConnectionString, Settings["Pipeline:Id"], Settings.GetValueOrDefault("Postgres:PublishSchema", "public"));

    /// <summary>Starts <c>streamagg run</c>, with these settings over the deployment's own.</summary>
    public ServiceProcess Run(params (string Key, string Value)[] settings) => Start(["run"], settings);

    /// <summary>Starts any verb.</summary>
    public ServiceProcess Start(string[] verb, (string Key, string Value)[] settings, IReadOnlyDictionary<string, string>? environment = null)
    {
        var all = new Dictionary<string, string>(Settings);
        foreach (var (key, value) in settings)
            all[key] = value;
        var process = ServiceProcess.Start([.. verb, .. all.Select(setting => $"--StreamAgg:{setting.Key}={setting.Value}")], environment);
        processes.Add(process);
        return process;
    }

    /// <summary>Runs a verb that prints JSON.</summary>
    public async Task<JsonElement> JsonOfAsync(params string[] verb)
    {
        using var document = JsonDocument.Parse(await OutputAsync(0, [.. verb, "--json"]));
        return document.RootElement.Clone();
    }

    /// <summary>Runs a verb to its end, which must be with this exit code.</summary>
    /// <returns>What it said: of exit code 3 the errors, else the output.</returns>
    public async Task<string> OutputAsync(int code, params string[] verb)
    {
        var process = Start(verb, []);
        int ended = await process.WaitForExitAsync();
        Assert.True(ended == code, $"{string.Join(' ', verb)}: exit code {ended}\n{process.Tail()}");
        return code == 3 ? process.Errors : process.Output;
    }

    public Task<PublishedTables> TablesAsync() => PublishedTables.ReadAsync(database, Settings.GetValueOrDefault("Postgres:PublishSchema", "public"));

    /// <summary>
    /// Waits until everything that was produced is counted and published (every partition read to its end, no mark left), then compares.
    /// From that moment on nothing can change any more, so a row that counts too much is not overlooked either.
    /// </summary>
    public async Task<PublishedTables> AssertExactAsync(TimeSpan? within = null)
    {
        string unsettled = "";
        await WaitAsync(async () => (unsettled = await State.WhatIsUnsettledAsync()).Length == 0, () => $"not settled: {unsettled}", within);
        var tables = await TablesAsync();
        var differences = Recount.Differences(tables);
        Assert.True(differences.Count == 0, $"{differences.Count} differences:\n{string.Join('\n', differences.Take(20))}\n{Tails()}");
        return tables;
    }

    /// <summary>Waits for a condition while every process is to run on.</summary>
    public Task WaitAsync(Func<Task<bool>> condition, Func<string> whatIsMissing, TimeSpan? within = null) =>
        Eventually.TrueAsync(
            () =>
            {
                TestKafka.ThrowIfEnded(Brokers.BootstrapServers);
                return processes.Find(process => process.IsExpectedToRun && process.HasExited) is { } dead
                    ? throw new InvalidOperationException($"a process ended by itself:\n{dead.Tail()}")
                    : condition();
            },
            () => $"{whatIsMissing()}\n{Tails()}",
            within);

    public async Task<long> ScalarAsync(string sql)
    {
        await using var command = database.CreateCommand(sql);
        return Convert.ToInt64(await command.ExecuteScalarAsync());
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes)
            await process.DisposeAsync();
        Events.Dispose();
        await database.DisposeAsync();
    }

    private string Tails() => string.Join('\n', processes.Select((process, i) => $"===== process {i}\n{process.Tail()}"));
}
