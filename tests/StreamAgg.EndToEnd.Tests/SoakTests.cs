using System.Globalization;
using StreamAgg.Embedded.Postgres;
using StreamAgg.EndToEnd.Tests.Harness;
using StreamAgg.Testing.Kafka;
using StreamAgg.Testing.Postgres;

namespace StreamAgg.EndToEnd.Tests;

/// <summary>
/// Three members on a Kafka of three nodes, a gateway with late and broken events, and every minute something that happens in a year: a member
/// is replaced or killed, PostgreSQL is restarted, a broker is. Nothing may grow, and in the end every row is what the log says.
/// </summary>
/// <remarks><c>./dev soak --minutes N</c>. A day of event time passes in an hour. The settings are production's own but for the group's time-outs.</remarks>
public sealed class SoakTests
{
    private const int Nodes = 3;
    private const int Members = 3;
    private const int Speed = 24;
    private const int EventsPerSecond = 1_000;

    [Fact(Explicit = true)]
    public async Task Nothing_grows_and_every_row_is_right_after_an_hour_of_faults()
    {
        int minutes = int.Parse(Environment.GetEnvironmentVariable("STREAMAGG_SOAK_MINUTES") ?? "60", CultureInfo.InvariantCulture);
        await using KafkaCluster cluster = await KafkaCluster.StartAsync(Nodes);
        await using EmbeddedPostgres postgres = await TestPostgres.OwnAsync();
        await using var deployment = await Deployment.CreateAsync(
            partitions: 6, Brokers.Of(cluster), postgres.ConnectionString(),
            settings: [("Pipeline:CheckpointInterval", "00:00:05"), ("Pipeline:Grace", "00:02:00")]);
        List<ServiceProcess> members = [.. Enumerable.Range(0, Members).Select(_ => deployment.Run())];
        var gateway = deployment.Start(
            ["generate", "--from", Text($"{minutes * Speed}m"), "--speed", Text($"{Speed}"), "--rate", Text($"{EventsPerSecond / (double)Speed}")], []);

        var readings = new List<SoakReading>();
        Console.WriteLine(SoakReading.Heading);
        for (int minute = 1; minute <= minutes; minute++)
        {
            await Task.Delay(TimeSpan.FromMinutes(0.5), TestContext.Current.CancellationToken);
            string what = minute < minutes ? await StrikeAsync(minute, deployment, members, postgres, cluster) : "";
            await Task.Delay(TimeSpan.FromMinutes(0.5), TestContext.Current.CancellationToken);
            // Asked again where the restart ended the session that asks.
            await deployment.WaitAsync(
                async () =>
                {
                    readings.Add(await SoakReading.TakeAsync(deployment, members[0], minute, what));
                    return true;
                },
                () => "no reading");
            Console.WriteLine(readings[^1]);
        }

        Assert.Equal(0, await gateway.StopAsync());
        // The running hour stays open: what is closed is compared.
        await deployment.WaitAsync(
            async () => (await SoakReading.TakeAsync(deployment, members[0], minutes, "")).Lag == 0, () => "everything to be counted");
        var verdict = await deployment.JsonOfAsync("verify", "--against", "log");
        Console.WriteLine($"verify --against log: {verdict.GetProperty("events").GetInt64():#,0} events, {verdict.GetProperty("rows").GetInt64()} rows, {verdict.GetProperty("differences").GetInt64()} differ");
        Assert.Equal(0, verdict.GetProperty("differences").GetInt64());
        Assert.True(verdict.GetProperty("rows").GetInt64() > 0, "no row was compared");
        foreach (var member in members)
            Assert.Equal(0, await member.StopAsync());
        SoakReading.AssertFlat(readings);
    }

    /// <summary>The first member is never touched: what it holds shows what years hold.</summary>
    private static async Task<string> StrikeAsync(
        int minute, Deployment deployment, List<ServiceProcess> members, EmbeddedPostgres postgres, KafkaCluster cluster)
    {
        int slot = 1 + (minute / 6 % (Members - 1));
        switch (minute % 6)
        {
            case 1:
            case 4:
                Assert.Equal(0, await members[slot].StopAsync());
                members[slot] = deployment.Run();
                return $"member {slot} replaced";
            case 2:
                await members[slot].KillAsync();
                members[slot] = deployment.Run();
                return $"member {slot} killed";
            case 3:
                await postgres.StopAsync();
                await postgres.StartAsync();
                return "PostgreSQL restarted";
            case 5:
                cluster.Kill(minute / 6 % Nodes);
                await cluster.RestartAsync(minute / 6 % Nodes);
                return $"broker {minute / 6 % Nodes} killed";
            default:
                return "";
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
