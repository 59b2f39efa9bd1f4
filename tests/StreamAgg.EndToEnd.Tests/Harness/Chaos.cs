using StreamAgg.Embedded.Postgres;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.EndToEnd.Tests.Harness;

/// <summary>Hurts members, PostgreSQL and Kafka one after the other, as a seed says, and keeps the deployment at work.</summary>
internal sealed class Chaos(Deployment deployment, EmbeddedPostgres postgres, KafkaCluster cluster, int nodes, int seed)
{
    private const int Members = 3;

    private readonly Random chance = new(seed);
    private readonly List<ServiceProcess> members = [];
    private readonly List<string> story = [];

    /// <summary>What was done, in order.</summary>
    public IReadOnlyList<string> Story => story;

    public void Start()
    {
        while (members.Count < Members)
            members.Add(deployment.Run());
    }

    /// <summary>One fault, from its beginning to its end. What it ended was started again when it returns.</summary>
    public async Task StrikeAsync()
    {
        switch (chance.Next(9))
        {
            case 0:
            case 1:
                await KillMemberAsync();
                break;
            case 2:
            case 3:
                await FreezeMemberAsync();
                break;
            case 4:
                await StopMemberAsync();
                break;
            case 5:
                Note("PostgreSQL goes down at once");
                await postgres.StopAsync(StopMode.Immediate);
                await PauseAsync(0, 2_000);
                await postgres.StartAsync();
                break;
            case 6:
                Note("PostgreSQL hangs");
                postgres.Pause();
                await PauseAsync(500, 6_000);
                postgres.Resume();
                break;
            case 7:
                await FreezeBrokerAsync();
                break;
            default:
                await KillBrokerAsync();
                break;
        }
        await PauseAsync(0, 1_500);
    }

    /// <summary>Whoever still runs ends in good order.</summary>
    public async Task StopAsync()
    {
        foreach (ServiceProcess member in members)
            Assert.Equal(0, await member.StopAsync());
    }

    private async Task KillMemberAsync()
    {
        int slot = chance.Next(Members);
        Note($"member {slot} is killed");
        await members[slot].KillAsync();
        await PauseAsync(0, 2_000);
        members[slot] = deployment.Run();
    }

    private async Task FreezeMemberAsync()
    {
        int slot = chance.Next(Members);
        Note($"member {slot} is frozen");
        members[slot].Freeze();
        await PauseAsync(200, 6_000);
        members[slot].Thaw();
    }

    private async Task StopMemberAsync()
    {
        int slot = chance.Next(Members);
        Note($"member {slot} is asked to stop");
        Assert.Equal(0, await members[slot].StopAsync());
        members[slot] = deployment.Run();
    }

    /// <remarks>Short: the native client may end the process where brokers are away for long (docs/operations.md).</remarks>
    private async Task FreezeBrokerAsync()
    {
        int node = chance.Next(nodes);
        Note($"broker {node} hangs");
        cluster.Freeze(node);
        await PauseAsync(200, 2_000);
        cluster.Thaw(node);
    }

    private async Task KillBrokerAsync()
    {
        int node = chance.Next(nodes);
        Note($"broker {node} is killed");
        cluster.Kill(node);
        await cluster.RestartAsync(node);
    }

    private void Note(string what) => story.Add($"{DateTime.UtcNow:HH:mm:ss.fff} {what}");

    private Task PauseAsync(int leastMilliseconds, int mostMilliseconds) =>
        Task.Delay(chance.Next(leastMilliseconds, mostMilliseconds), TestContext.Current.CancellationToken);
}
