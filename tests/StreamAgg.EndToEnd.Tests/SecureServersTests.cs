using Npgsql;
using StreamAgg.Embedded.Postgres;
using StreamAgg.EndToEnd.Tests.Harness;
using StreamAgg.Testing;
using StreamAgg.Testing.Kafka;
using StreamAgg.Testing.Postgres;

namespace StreamAgg.EndToEnd.Tests;

/// <summary>Both servers over TLS: what is right works, and each thing that is wrong is refused in one line that names its setting, without a secret.</summary>
public sealed class SecureServersTests : IDisposable
{
    private const string Secret = "hunter2";

    private readonly TestAuthority authority = new(), stranger = new();
    private readonly string folder = Directory.CreateTempSubdirectory("streamagg-test-").FullName;
    private readonly string trusted, strange;

    public SecureServersTests()
    {
        File.WriteAllText(trusted = Path.Combine(folder, "ca.crt"), authority.Pem);
        File.WriteAllText(strange = Path.Combine(folder, "other.crt"), stranger.Pem);
    }

    public void Dispose()
    {
        authority.Dispose();
        stranger.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task PostgreSQL_is_known_by_its_authority_and_its_name_before_it_is_told_a_password()
    {
        await using var server = await StartPostgresAsync();
        await using var deployment = await Deployment.CreateAsync(postgres: server.ConnectionString());
        string right = deployment.Settings["Postgres:ConnectionString"];

        foreach (string verb in (string[])["run", "migrate", "quantile 0.5"])
        {
            await RefusedAsync(deployment, verb, "Root Certificate", ("Postgres:ConnectionString", Verified(right, strange)));
            await RefusedAsync(deployment, verb, "Host to a name that stands in it", ("Postgres:ConnectionString", Verified(right, trusted, host: "127.0.0.1")));
            await RefusedAsync(deployment, verb, "Correct the password", ("Postgres:ConnectionString", Verified(right, trusted, password: Secret)));
        }

        deployment.Settings["Postgres:ConnectionString"] = Verified(right, trusted);
        var running = deployment.Run();
        deployment.Events.Send(0, GatewayEvent.Usage(SteadyTraffic.Evening, "openai", 20));
        await deployment.AssertExactAsync();
        Assert.Equal(0, await deployment.ScalarAsync("SELECT count(*) FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) WHERE usename = 'test_service' AND NOT ssl"));
        Assert.NotEqual(0, await deployment.ScalarAsync("SELECT count(*) FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) WHERE usename = 'test_service' AND ssl"));
        Assert.Equal(0, await running.StopAsync());
    }

    [Fact]
    public async Task Kafka_is_known_by_its_authority_and_its_name_and_knows_whom_it_serves()
    {
        await Brokers.NeedAsync(KafkaFeature.SecureListener);
        var (certificate, key) = authority.Issue(SecureListener.Host);
        await using var cluster = await KafkaCluster.StartAsync(secure: new SecureListener(certificate, key, "svc", "right-horse"));
        await using var deployment = await Deployment.CreateAsync(brokers: Brokers.Of(cluster));
        (string Key, string Value)[] right =
        [
            ("Kafka:BootstrapServers", cluster.SecureBootstrapServers), ("Kafka:Client:security.protocol", "SASL_SSL"), ("Kafka:Client:ssl.ca.location", trusted),
            ("Kafka:Client:sasl.mechanism", "SCRAM-SHA-512"), ("Kafka:Client:sasl.username", "svc"), ("Kafka:Client:sasl.password", "right-horse"),
        ];
        foreach (var (name, value) in right)
            deployment.Settings[name] = value;

        string unnamed = cluster.SecureBootstrapServers.Replace(SecureListener.Host, "127.0.0.1", StringComparison.Ordinal);
        foreach (string verb in (string[])["generate --count 1", "dead-letters list"])
        {
            await RefusedAsync(deployment, verb, "StreamAgg:Kafka:Client:ssl.ca.location", ("Kafka:Client:ssl.ca.location", strange));
            await RefusedAsync(deployment, verb, "the name in StreamAgg:Kafka:BootstrapServers", ("Kafka:BootstrapServers", unnamed));
            await RefusedAsync(deployment, verb, "StreamAgg:Kafka:Client:sasl.password", ("Kafka:Client:sasl.password", Secret));
        }
        await RefusedAsync(deployment, "run", "StreamAgg:Kafka:Client:sasl.password", ("Kafka:Client:sasl.password", Secret));

        var running = deployment.Run();
        deployment.Events.Send(0, GatewayEvent.Usage(SteadyTraffic.Evening, "openai", 20));
        await deployment.AssertExactAsync();
        Assert.Equal(0, await running.StopAsync());
    }

    private static async Task RefusedAsync(Deployment deployment, string verb, string remedy, (string Key, string Value) setting)
    {
        var process = deployment.Start(verb.Split(' '), [setting]);
        int code = await process.WaitForExitAsync();

        Assert.True(code == 3, $"{verb}: exit code {code}\n{process.Tail()}");
        Assert.Contains(remedy, Assert.Single(process.Errors.Trim().Split('\n')), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, process.Errors + process.Output, StringComparison.Ordinal);
    }

    private static string Verified(string connectionString, string authority, string host = "localhost", string? password = null)
    {
        var verified = new NpgsqlConnectionStringBuilder(connectionString) { Host = host, SslMode = SslMode.VerifyFull, RootCertificate = authority };
        if (password is not null)
            verified.Password = password;
        return verified.ConnectionString;
    }

    /// <summary>With a certificate for localhost. The server's own account writes the key, which may be nobody else's.</summary>
    private async Task<EmbeddedPostgres> StartPostgresAsync()
    {
        var server = await TestPostgres.OwnAsync();
        var (certificate, key) = authority.Issue("localhost");
        await using var administrator = NpgsqlDataSource.Create(server.ConnectionString());
        foreach (var (file, text) in ((string, string)[])[("server.crt", certificate), ("server.key", key)])
            await ExecuteAsync($"COPY (SELECT unnest(string_to_array('{text}', E'\\n'))) TO PROGRAM 'umask 077 && cat > {file}'");
        await ExecuteAsync("ALTER SYSTEM SET ssl = on");
        await ExecuteAsync("SELECT pg_reload_conf()");
        await Eventually.TrueAsync(async () => await ExecuteAsync("SHOW ssl") is "on", () => "the server does not speak TLS");
        return server;

        async Task<object?> ExecuteAsync(string sql)
        {
            await using var command = administrator.CreateCommand(sql);
            return await command.ExecuteScalarAsync();
        }
    }
}
