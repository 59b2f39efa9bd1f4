using System.Globalization;
using StreamAgg.Embedded.Postgres;
using StreamAgg.EndToEnd.Tests.Harness;
using StreamAgg.Testing.Postgres;

namespace StreamAgg.EndToEnd.Tests;

/// <summary>Everything is killed, frozen and started again under load, as a seed says; in the end the tables are PostgreSQL's own answer.</summary>
/// <remarks>
/// <c>STREAMAGG_CHAOS_ROUNDS</c> says how many rounds (2), <c>STREAMAGG_CHAOS_SEED</c> which ones (1). The seed decides what is done and how long
/// it lasts, not what the machine makes of it: unlike the simulation, a failure may not come back.
/// </remarks>
[Collection(ThreeNodes.Name)]
public sealed class ChaosTests(ThreeNodes nodes)
{
    private const int FaultsARound = 4;

    [Fact]
    public async Task Members_PostgreSQL_and_Kafka_are_hurt_under_load_and_every_row_is_PostgreSQLs_own_answer()
    {
        var cluster = await nodes.StartedAsync();
        int rounds = Number("STREAMAGG_CHAOS_ROUNDS", 2), seed = Number("STREAMAGG_CHAOS_SEED", 1);
        await using EmbeddedPostgres postgres = await TestPostgres.OwnAsync();
        await using var deployment = await Deployment.CreateAsync(
            partitions: 3, Brokers.Of(cluster), postgres.ConnectionString(), settings: [("Kafka:Client:session.timeout.ms", "3000"), ("Kafka:Client:heartbeat.interval.ms", "500")]);
        var chaos = new Chaos(deployment, postgres, cluster, ThreeNodes.Count, seed);
        try
        {
            chaos.Start();
            for (int round = 0; round < rounds; round++)
                await RoundAsync(deployment, chaos, SteadyTraffic.AcrossMidnight((seed * 1000) + round));
            await CompareWithSqlAsync(deployment);
            await chaos.StopAsync();
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"chaos seed {seed}, {rounds} rounds:\n{string.Join('\n', chaos.Story)}", e);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"chaos seed {seed}, {rounds} rounds, {deployment.Recount.Count} events:\n{string.Join('\n', chaos.Story)}");
    }

    private static async Task RoundAsync(Deployment deployment, Chaos chaos, SteadyTraffic traffic)
    {
        using var calm = new CancellationTokenSource();
        Task producing = Task.Run(
            () =>
            {
                while (!calm.IsCancellationRequested)
                {
                    deployment.Events.Send(traffic.Next(40), batch: 3);
                    Thread.Sleep(50);
                }
            },
            TestContext.Current.CancellationToken);
        try
        {
            for (int fault = 0; fault < FaultsARound; fault++)
                await chaos.StrikeAsync();
        }
        finally
        {
            await calm.CancelAsync();
            await producing;
        }

        // A member that ended by itself fails here, with its exit code and its last lines.
        await deployment.AssertExactAsync();
    }

    private static async Task CompareWithSqlAsync(Deployment deployment)
    {
        await SqlAnswer.CreateAsync(deployment);
        await SqlAnswer.AddAsync(deployment, isError: false, deployment.Recount.Lines(isError: false));
        await SqlAnswer.AddAsync(deployment, isError: true, deployment.Recount.Lines(isError: true));
        var (hours, hourDifferences) = await SqlAnswer.CompareHoursAsync(deployment);
        var (days, dayDifferences) = await SqlAnswer.CompareDaysAsync(deployment);
        Assert.True(hours > 0 && days > 0, "nothing was compared");
        Assert.Equal((0, 0), (hourDifferences, dayDifferences));
    }

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
