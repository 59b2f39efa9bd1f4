using System.Text.Json;
using StreamAgg.Pipeline.Options;
using Xunit;

namespace StreamAgg.Service.Tests.Cli;

/// <summary>Secrets in every spelling and place, and all that a verb writes searched for them.</summary>
public sealed class SecretTests : IDisposable
{
    private const string Secret = "hunter2";

    private readonly string folder = Directory.CreateTempSubdirectory("streamagg-test-").FullName;

    public static TheoryData<string> Verbs => ["run", "migrate", "status --json", "demo", "generate --count 1", "quantile 0.5", "dead-letters list", "schema usage"];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Settings_that_are_refused_are_named_without_a_secret(string verb)
    {
        await WriteFileAsync(new()
        {
            ["Postgres"] = new Dictionary<string, object> { ["Password"] = Secret, ["ConnectionStrin"] = $"Host=db;Password={Secret}" },
            ["Kafka"] = new Dictionary<string, object> { ["Client"] = new Dictionary<string, string> { ["sasl.pasword"] = Secret, ["ssl.key.password"] = Secret } },
            ["Token"] = Secret,
        });
        var run = await StreamAggProcess.RunAsync(
            new()
            {
                ["StreamAgg__Postgres__Pwd"] = Secret,
                ["StreamAgg__Postgres__PasswordFile"] = Secret,
                ["StreamAgg__ConnectionString"] = $"postgres://svc:{Secret}@db/m",
                ["StreamAgg__Kafka__Client__ssl_key_pem"] = $"-----BEGIN PRIVATE KEY-----\n{Secret}\n-----END PRIVATE KEY-----",
                ["StreamAgg__Kafka__Client__sasl_oauthbearer_method"] = Secret[..^1] + "x",
            },
            [
                .. verb.Split(' '), $"--StreamAgg:Postgres:ConnectionString=postgresql://svc:{Secret}@db:99999/m", $"--StreamAgg:Http:Url=http://svc:{Secret}@localhost:8080",
                "--StreamAgg:Kafka:BootstrapServers", $"SASL_SSL://svc:{Secret}@broker:9092", $"--StreamAgg:Kafka:Client:sasl.password={Secret}",
                $"--StreamAgg:Kafka:Client:sasl.oauthbearer.config=scope=x principal={Secret}", $"--StreamAgg:OnGap=password={Secret}",
            ],
            folder);

        Assert.Equal(2, run.ExitCode);
        Assert.DoesNotContain(Secret, run.Output + run.Error, StringComparison.Ordinal);
        foreach (string key in (string[])["Postgres:ConnectionString", "Postgres:ConnectionStrin", "Postgres:Password", "Postgres:Pwd", "Postgres:PasswordFile", "ConnectionString", "Token",
            "Http:Url", "Kafka:BootstrapServers", "Kafka:Client:sasl.pasword", "OnGap"])
            Assert.Single(run.ErrorLines, line => line.StartsWith($"streamagg: StreamAgg:{key}: ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Host=db;Minimum Pool Size=9;Maximum Pool Size=8;Password=" + Secret)]
    [InlineData("Host=db;Target Session Attributes=leader;Password=" + Secret)]
    [InlineData("Host=db,db2;Target Session Attributes=primary;SSL Negotiation=Direct;SSL Mode=Disable;Password=" + Secret)]
    public async Task What_Npgsql_refuses_late_is_a_setting_still(string text)
    {
        foreach (string verb in (string[])["run", "status", "migrate"])
        {
            var run = await StreamAggProcess.RunAsync(verb, $"--StreamAgg:Postgres:ConnectionString={text}");

            Assert.Equal(2, run.ExitCode);
            Assert.StartsWith("streamagg: StreamAgg:Postgres:ConnectionString: ", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
            Assert.DoesNotContain(Secret, run.Output + run.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("migrate")]
    [InlineData("status")]
    [InlineData("quantile 0.5 --json")]
    [InlineData("generate --count 1")]
    public async Task Servers_that_are_away_are_named_without_a_secret(string verb)
    {
        var run = await StreamAggProcess.RunAsync(
            new() { ["Logging__LogLevel__Default"] = "Trace", ["Logging__LogLevel__Npgsql"] = "Trace" },
            [
                .. verb.Split(' '), $"--StreamAgg:Postgres:ConnectionString=postgresql://svc:{Secret}@127.0.0.1:1/m?sslmode=disable&target_session_attrs=primary",
                "--StreamAgg:Kafka:BootstrapServers=127.0.0.1:1", "--StreamAgg:Kafka:Client:security.protocol=SASL_PLAINTEXT", "--StreamAgg:Kafka:Client:sasl.mechanism=PLAIN",
                "--StreamAgg:Kafka:Client:sasl.username=svc", $"--StreamAgg:Kafka:Client:sasl.password={Secret}",
            ]);

        Assert.Equal(3, run.ExitCode);
        Assert.Single(run.ErrorLines);
        Assert.DoesNotContain(Secret, run.Output + run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run --Postgres:ConnectionString=postgresql://svc:hunter2@db/m", "'--Postgres:ConnectionString' is not known here")]
    [InlineData("status --StreamAgg:Postgres:ConnectionString Host=db; Password=hunter2", "'Password' is not known here")]
    [InlineData("postgresql://svc:hunter2@db/m", "An argument that looks like a login is none of")]
    [InlineData("Password=hunter2 run", "'Password' is not known here")]
    [InlineData("quantile svc:hunter2@db", "--help")]
    public async Task An_argument_that_nobody_knows_is_named_without_its_value(string arguments, string said)
    {
        var run = await StreamAggProcess.RunAsync(arguments.Split(' '));

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(said, Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, run.Output + run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET https://svc:hunter2@idp/token failed", "GET https://***@idp/token failed")]
    [InlineData("Couldn't use Host=db;Password=hunter2;Database=m", "Couldn't use Host=db;Password=***;Database=m")]
    [InlineData("pwd = 'hunter2 x''y';Host=db", "pwd = ***;Host=db")]
    [InlineData("?access_token=hunter2&x=1", "?access_token=***&x=1")]
    [InlineData("Unrecognized sasl.oauthbearer.config beginning at: principal=hunter2 scope=x", "Unrecognized sasl.oauthbearer.config beginning at:***")]
    [InlineData("svc:hunter2@db is away", "***@db is away")]
    [InlineData("gateway.usage-0 at 12:30: offset=7, a@b", "gateway.usage-0 at 12:30: offset=7, a@b")]
    public void A_line_of_somebody_else_s_is_written_without_its_secrets(string line, string shown) => Assert.Equal(shown, Secrets.Hide(line));

    private Task WriteFileAsync(Dictionary<string, object> section) => File.WriteAllTextAsync(
        Path.Combine(folder, "appsettings.json"), JsonSerializer.Serialize(new Dictionary<string, object> { ["StreamAgg"] = section }), TestContext.Current.CancellationToken);
}
