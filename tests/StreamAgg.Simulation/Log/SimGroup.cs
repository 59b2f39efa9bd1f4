using StreamAgg.Pipeline.Log;
using StreamAgg.Simulation.Chance;
using StreamAgg.Simulation.Tracing;

namespace StreamAgg.Simulation.Log;

/// <summary>The group coordinator: who owns what, who shall own it, and who has been given up.</summary>
/// <remarks>
/// Cooperative: only what moves is revoked. Eager: everybody gives everything up first. A partition has one owner in the coordinator's
/// eyes; members that were given up and do not know it yet believe otherwise.
/// </remarks>
internal sealed class SimGroup(Cluster cluster, Prng chance, Happenings happenings, Trace trace, bool isEager)
{
    private readonly List<SimConsumer> members = [];
    private readonly Dictionary<SourcePartition, SimConsumer> owners = [];
    private readonly Dictionary<SourcePartition, SimConsumer> targets = [];

    /// <summary>Changes whenever a member may have something to give up or to take.</summary>
    public int Version { get; private set; }

    /// <summary>Raised by every rebalance.</summary>
    public int Generation { get; private set; }

    public bool IsEager => isEager;

    public IReadOnlyList<SimConsumer> Members => members;

    public void Join(SimConsumer consumer)
    {
        if (members.Contains(consumer))
            return;
        members.Add(consumer);
        Rebalance($"{consumer.Name} joins");
    }

    /// <summary>Left, or was given up by the coordinator: whatever it owned is free.</summary>
    public void Remove(SimConsumer consumer, string why)
    {
        if (!members.Remove(consumer))
            return;
        foreach (SourcePartition source in owners.Where(entry => entry.Value == consumer).Select(entry => entry.Key).ToList())
            owners.Remove(source);
        Rebalance($"{consumer.Name} {why}");
    }

    public bool IsMember(SimConsumer consumer) => members.Contains(consumer);

    /// <summary>Draws who shall own what: mostly everybody keeps what he has, sometimes all is dealt anew.</summary>
    public void Rebalance(string why)
    {
        Generation++;
        Version++;
        happenings.Count(isEager ? Happening.RebalanceEager : Happening.RebalanceCooperative);
        targets.Clear();
        if (members.Count > 0)
        {
            bool isSticky = !isEager && chance.Chance(0.8);
            List<SimPartition> partitions = cluster.Partitions;
            int most = (partitions.Count + members.Count - 1) / members.Count;
            var load = new Dictionary<SimConsumer, int>();
            foreach (SimConsumer member in members)
                load[member] = 0;
            foreach (SimPartition partition in partitions)
            {
                if (isSticky && owners.TryGetValue(partition.Source, out SimConsumer? owner) && load[owner] < most)
                    Give(partition.Source, owner);
            }
            foreach (SimPartition partition in partitions)
            {
                if (!targets.ContainsKey(partition.Source))
                    Give(partition.Source, LeastLoaded(load));
            }

            void Give(SourcePartition source, SimConsumer member)
            {
                targets[source] = member;
                load[member]++;
            }
        }
        if (trace.IsOn)
        {
            trace.Write("group", $"generation {Generation} ({why}): "
                + string.Join(", ", targets.OrderBy(entry => entry.Key).Select(entry => $"{entry.Key} -> {entry.Value.Name}")));
        }
    }

    /// <summary>What the member has to give up now.</summary>
    public List<SourcePartition> ToRevoke(SimConsumer member, IEnumerable<SourcePartition> held, bool isNewGeneration)
    {
        var revoked = new List<SourcePartition>();
        foreach (SourcePartition source in held)
        {
            if ((isEager && isNewGeneration) || !targets.TryGetValue(source, out SimConsumer? target) || target != member)
                revoked.Add(source);
        }
        revoked.Sort();
        return revoked;
    }

    public void Released(SimConsumer member, IReadOnlyList<SourcePartition> sources)
    {
        foreach (SourcePartition source in sources)
        {
            if (owners.TryGetValue(source, out SimConsumer? owner) && owner == member)
                owners.Remove(source);
        }
        Version++;
    }

    /// <summary>Hands the member what it shall own and nobody owns any more.</summary>
    public List<SourcePartition> Take(SimConsumer member)
    {
        var taken = new List<SourcePartition>();
        if (isEager && members.Exists(other => other.HoldsUp(Generation)))
            return taken;
        foreach (var (source, target) in targets)
        {
            if (target == member && owners.TryAdd(source, member))
                taken.Add(source);
        }
        taken.Sort();
        return taken;
    }

    private SimConsumer LeastLoaded(Dictionary<SimConsumer, int> load)
    {
        int least = int.MaxValue;
        foreach (SimConsumer member in members)
            least = Math.Min(least, load[member]);
        List<SimConsumer> candidates = members.FindAll(member => load[member] == least);
        return candidates[chance.Below(candidates.Count)];
    }
}
