using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Store;
using StreamAgg.Simulation.Chance;
using StreamAgg.Simulation.Letters;
using StreamAgg.Simulation.Log;
using StreamAgg.Simulation.Members;
using StreamAgg.Simulation.Store;
using StreamAgg.Simulation.Tracing;

namespace StreamAgg.Simulation.Swarm;

/// <summary>Does to the world what its plan says, and undoes it when the faults stop.</summary>
internal sealed class FaultMaker(World world, MetadataWeather metadata, LetterWeather letters, Prng chance)
{
    private readonly List<Action> repairs = [];

    public void Strike(Fault fault)
    {
        if (world.Trace.IsOn)
            world.Trace.Write("world", $"fault: {fault}");
        switch (fault)
        {
            case Fault.KillMember: Kill(); break;
            case Fault.FreezeMember: Freeze(); break;
            case Fault.StopMember: Stop(); break;
            case Fault.ExpelMember: Victim()?.Consumer.Expel("was given up"); break;
            case Fault.CutOffMember: CutOff(); break;
            case Fault.DealAnew: world.Group.Rebalance("somebody asks"); break;
            case Fault.AddPartition: AddPartition(); break;
            case Fault.RecreateTopic: RecreateTopic(); break;
            case Fault.TruncateLog: Truncate(); break;
            case Fault.ExpireLog: Expire(); break;
            case Fault.ElectLeader: ElectLeader(); break;
            case Fault.StickFetch: StickFetch(); break;
            case Fault.BrokersAway: While(() => metadata.IsAway = true, () => metadata.IsAway = false); break;
            case Fault.DatabaseReadOnly: While(() => world.Database.Weather.IsReadOnly = true, () => world.Database.Weather.IsReadOnly = false); break;
            case Fault.DatabaseRefuses: While(() => world.Database.Weather.IsRefusing = true, () => world.Database.Weather.IsRefusing = false); break;
            case Fault.DatabaseStalls: While(() => world.Database.Weather.IsStalled = true, () => world.Database.Weather.IsStalled = false); break;
            case Fault.DatabaseRestarts: Count(Happening.DatabaseRestarts); world.Database.Restart(); break;
            case Fault.DiskFull: While(() => letters.IsDiskFull = true, () => letters.IsDiskFull = false); break;
            case Fault.ClockJump: JumpAhead(); break;
            case Fault.ClockBack: Count(Happening.ClockBack); world.Clock.Jump(-TimeSpan.FromMinutes(chance.Skewed(1, 5 * 60))); break;
            case Fault.RebalanceStorm: RebalanceStorm(); break;
            case Fault.LettersRefused: While(() => letters.IsRefusing = true, () => letters.IsRefusing = false); break;
            case Fault.Rebuild: world.Operate().Rebuild(); break;
            case Fault.Fill: world.Operate().Fill(); break;
            case Fault.Replay: world.Operate().Replay(); break;
            default: throw new InvalidOperationException($"no such fault: {fault}");
        }
    }

    /// <summary>Ends whatever lasts.</summary>
    public void Repair()
    {
        // A repair may begin something that lasts again (a zombie that wakes up deaf): go on until nothing does.
        while (repairs.Count > 0)
        {
            Action repair = repairs[^1];
            repairs.RemoveAt(repairs.Count - 1);
            repair();
        }
    }

    /// <summary>What an earlier batch job left in the public tables: some of it larger than anything that will be counted, some smaller; each first day smaller.</summary>
    public void PlantForeignRows()
    {
        foreach (string label in world.Plan.Habits.Labels)
        {
            for (int i = 0; i < 3; i++)
            {
                var hour = new Hour(world.Plan.Start.Hour.SinceEpoch + chance.Below(4));
                world.CountsIn(hour);
                long requests = chance.Chance(0.5) ? 1 : 1_000_000;
                world.Database.Hourly[new BucketKey<Hour>(hour, label)].Seed(Foreign(requests));
            }
            world.Database.Daily[new BucketKey<Day>(world.Plan.Start.Hour.Day, label)].Seed(Foreign(1));
        }
    }

    internal static FigureRow Foreign(long requests) => new(requests, requests, 0, 0, 0, 0, null, null, 0);

    private void Count(Happening happening) => world.Happenings.Count(happening);

    private SimMember? Victim()
    {
        List<SimMember> alive = world.Alive;
        return alive.Count == 0 ? null : chance.Pick(alive);
    }

    private void While(Action begin, Action end)
    {
        begin();
        Later(chance.Skewed(200_000, Math.Max(5_000_000, world.Plan.TrafficMicros)), end);
    }

    /// <summary>After a while, or when the faults stop, whichever comes first.</summary>
    private void Later(long micros, Action action)
    {
        repairs.Add(action);
        world.Scheduler.After(null, micros, () =>
        {
            if (repairs.Remove(action))
                action();
        });
    }

    private void Kill()
    {
        if (Victim() is not { } victim)
            return;
        Count(Happening.MemberKilled);
        victim.Process.Kill();
        Later(world.Plan.SessionTimeoutMicros, () => victim.Consumer.Expel("is dead"));
        Later(chance.Between(0, 10_000_000), () => world.Launch(victim.Slot, victim.Options));
    }

    private void Freeze()
    {
        if (Victim() is not { Process.IsFrozen: false } victim)
            return;
        Count(Happening.MemberFrozen);
        victim.Process.Freeze();
        long micros = chance.Skewed(500_000, 40_000_000);
        if (micros > world.Plan.SessionTimeoutMicros)
            world.Scheduler.After(null, world.Plan.SessionTimeoutMicros, () => ExpelWhileFrozen(victim));
        Later(micros, Thaw);

        void Thaw()
        {
            if (world.Trace.IsOn)
                world.Trace.Write(victim.Process.Name, "wakes up");
            // The zombie may go on for a while before it hears that it was given up.
            if (chance.Chance(0.5))
                Deafen(victim);
            victim.Process.Thaw();
        }
    }

    private static void ExpelWhileFrozen(SimMember victim)
    {
        if (victim.Process.IsFrozen)
            victim.Consumer.Expel("does not answer");
    }

    private void Stop()
    {
        if (Victim() is not { Process.IsFrozen: false } victim)
            return;
        Count(Happening.MemberStoppedInOrder);
        world.Scheduler.After(victim.Process, 0, victim.BeginStop);
    }

    private void CutOff()
    {
        if (Victim() is not { } victim)
            return;
        Count(Happening.MemberCutOff);
        Deafen(victim);
        victim.Consumer.Expel("is cut off");
    }

    private void Deafen(SimMember victim) => While(() => victim.Consumer.IsDeaf = true, () => victim.Consumer.IsDeaf = false);

    /// <summary>By any time, or just past the day's end: late events then find it closed.</summary>
    private void JumpAhead()
    {
        Count(Happening.ClockJump);
        TimeSpan by = TimeSpan.FromMinutes(chance.Skewed(1, 48 * 60));
        if (chance.Chance(0.6))
            world.Clock.JumpTo(world.Clock.Now.Hour.Day.End + world.Plan.Options.Grace + TimeSpan.FromMinutes(chance.Skewed(1, 240)));
        else
            world.Clock.Jump(by);
    }

    /// <summary>One after the other, faster than a revocation takes: partitions go away from a member and come back to it in the middle of it.</summary>
    private void RebalanceStorm()
    {
        Count(Happening.RebalanceStorm);
        long at = 0;
        for (int i = (int)chance.Between(4, 12); i > 0; i--)
        {
            world.Scheduler.After(null, at, () => world.Group.Rebalance("a storm"));
            at += chance.Skewed(10_000, 2_000_000);
        }
    }

    private void AddPartition()
    {
        string topic = chance.Chance(0.5) ? World.Topics[EventKind.Usage] : World.Topics[EventKind.Error];
        if (world.Cluster.Describe(topic) is not { } described)
            return;
        Count(Happening.PartitionAdded);
        world.Ledger.IsTopologyFixed = false;
        world.Cluster.Grow(topic, described.PartitionCount + 1);
        world.Scheduler.After(null, chance.Between(0, 5_000_000), () => world.Group.Rebalance($"{topic} has grown"));
    }

    private void RecreateTopic()
    {
        string topic = chance.Chance(0.5) ? World.Topics[EventKind.Usage] : World.Topics[EventKind.Error];
        if (world.Cluster.Describe(topic) is not { } described)
            return;
        Count(Happening.TopicRecreated);
        world.Ledger.IsTopologyFixed = false;
        for (int partition = 0; partition < described.PartitionCount; partition++)
            world.Ledger.Damaged.Add(new(topic, partition));
        world.Cluster.Delete(topic);
        int partitions = Math.Max(1, described.PartitionCount + chance.Below(3) - 1);
        Action create = () =>
        {
            world.Cluster.Create(topic, Math.Max(partitions, described.PartitionCount));
            world.Group.Rebalance($"{topic} is there again");
        };
        if (chance.Chance(0.5))
        {
            create();
            return;
        }
        Later(chance.Between(1, 5_000_000), create);
    }

    private void Truncate()
    {
        SimPartition? partition = AnyPartition();
        if (partition is null || partition.End == partition.Beginning)
            return;
        Count(Happening.LogTruncated);
        world.Ledger.Damaged.Add(partition.Source);
        partition.Truncate(Math.Max(partition.Beginning, partition.End - chance.Between(1, 5)));
    }

    private void Expire()
    {
        SimPartition? partition = AnyPartition();
        if (partition is null || partition.End == partition.Beginning)
            return;
        Count(Happening.LogExpired);
        world.Ledger.Damaged.Add(partition.Source);
        partition.Expire(chance.Between(partition.Beginning, partition.End));
    }

    private SimPartition? AnyPartition()
    {
        List<SimPartition> partitions = world.Cluster.Partitions;
        return partitions.Count == 0 ? null : chance.Pick(partitions);
    }

    /// <summary>Best in the middle of a transaction, so that its end is the first thing that the new leader writes.</summary>
    private void ElectLeader()
    {
        List<SimPartition> inTransaction = world.Cluster.Partitions.FindAll(static partition => partition.IsInTransaction);
        if ((inTransaction.Count > 0 ? chance.Pick(inTransaction) : AnyPartition()) is not { } partition)
            return;
        Count(Happening.LeaderElected);
        partition.ElectLeader();
        if (chance.Chance(0.7))
            partition.EndTransaction(isCommitted: chance.Chance(0.7));
    }

    private void StickFetch()
    {
        if (AnyPartition() is { } partition)
            While(() => partition.IsStuck = true, () => partition.IsStuck = false);
    }
}
