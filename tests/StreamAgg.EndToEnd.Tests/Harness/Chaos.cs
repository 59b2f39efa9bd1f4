using StreamAgg.Embedded.Postgres;
using StreamAgg.Testing.Kafka;

namespace StreamAgg.EndToEnd.Tests.Harness;

/// <summary>Hurts members, PostgreSQL and Kafka, one of them or two at once, as a seed says, and keeps the deployment at work.</summary>
/// <remarks>Everything is drawn before it is done, so that a seed does the same however long its faults take.</remarks>
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

    /// <summary>One fault, or two at once, from beginning to end. What they ended was started again when it returns.</summary>
    public async Task StrikeAsync()
    {
        Fault[] all = [DrawMemberFault(), DrawPostgresFault(), DrawBrokerFault()];
        chance.Shuffle(all);
        Fault[] chosen = all[..chance.Next(1, 3)];
        int rest = chance.Next(1_500);
        story.Add($"{DateTime.UtcNow:HH:mm:ss.fff} {string.Join("; ", chosen.Select(fault => fault.What))}");
        await Task.WhenAll(chosen.Select(fault => fault.DoAsync()));
        await PauseAsync(rest);
    }

    /// <summary>Whoever still runs ends in good order.</summary>
    public async Task StopAsync()
    {
        foreach (ServiceProcess member in members)
            Assert.Equal(0, await member.StopAsync());
    }

    private Fault DrawMemberFault()
    {
        int slot = chance.Next(Members), gone = chance.Next(2_000), frozen = chance.Next(200, 6_000);
        return chance.Next(5) switch
        {
            0 or 1 => new Fault($"member {slot} is killed", async () =>
            {
                await Living(slot).KillAsync();
                await PauseAsync(gone);
                members[slot] = deployment.Run();
            }),
            2 or 3 => new Fault($"member {slot} is frozen for {frozen} ms", async () =>
            {
                Living(slot).Freeze();
                await PauseAsync(frozen);
                members[slot].Thaw();
            }),
            _ => new Fault($"member {slot} is asked to stop", async () =>
            {
                Assert.Equal(0, await Living(slot).StopAsync());
                members[slot] = deployment.Run();
            }),
        };
    }

    /// <summary>Whoever was not told to end has to be there: a crash must not pass for the end that a fault would have made.</summary>
    private ServiceProcess Living(int slot) => members[slot] is { HasExited: false } living
        ? living
        : throw new InvalidOperationException($"member {slot} ended by itself:\n{members[slot].Tail()}");

    private Fault DrawPostgresFault()
    {
        int gone = chance.Next(2_000), hung = chance.Next(500, 6_000);
        return chance.Next(2) switch
        {
            0 => new Fault("PostgreSQL goes down at once", async () =>
            {
                await postgres.StopAsync(StopMode.Immediate);
                await PauseAsync(gone);
                await postgres.StartAsync();
            }),
            _ => new Fault($"PostgreSQL hangs for {hung} ms", async () =>
            {
                postgres.Pause();
                await PauseAsync(hung);
                postgres.Resume();
            }),
        };
    }

    /// <remarks>Short, one node at a time: the native client may end the process where brokers are away for long.</remarks>
    private Fault DrawBrokerFault()
    {
        int node = chance.Next(nodes), hung = chance.Next(200, 2_000);
        return chance.Next(2) switch
        {
            0 => new Fault($"broker {node} is killed", () =>
            {
                cluster.Kill(node);
                return cluster.RestartAsync(node);
            }),
            _ => new Fault($"broker {node} hangs for {hung} ms", async () =>
            {
                cluster.Freeze(node);
                await PauseAsync(hung);
                cluster.Thaw(node);
            }),
        };
    }

    private static Task PauseAsync(int milliseconds) => Task.Delay(milliseconds, TestContext.Current.CancellationToken);

    private sealed record Fault(string What, Func<Task> DoAsync);
}
