using StreamAgg.Core.Events;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Members;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Telemetry;
using StreamAgg.Simulation.Chance;
using StreamAgg.Simulation.Letters;
using StreamAgg.Simulation.Log;
using StreamAgg.Simulation.Members;
using StreamAgg.Simulation.Mutants;
using StreamAgg.Simulation.Proof;
using StreamAgg.Simulation.Store;
using StreamAgg.Simulation.Swarm;
using StreamAgg.Simulation.Time;
using StreamAgg.Simulation.Tracing;
using StreamAgg.Simulation.Traffic;

namespace StreamAgg.Simulation;

/// <summary>Everything that one seed makes: brokers, database, clocks, members, traffic, faults, and the book they are held against.</summary>
internal sealed class World
{
    /// <summary>How long the system may take after the last fault, in virtual time: several of the longest back-offs and time-outs.</summary>
    private const long PatienceMicros = 480_000_000;

    private const long RestMicros = 250_000;

    private readonly List<SimMember> members = [];
    private readonly Dictionary<string, SimMember> byName = [];
    private readonly MetadataWeather factsWeather;
    private readonly LetterWeather letterWeather;
    private readonly Prng traffic;
    private readonly RecordMaker maker;
    private readonly FaultMaker faults;
    private readonly AtRest rest;
    private readonly int[] lives;
    private long calmSinceMicros = -1;
    private int operators;
    private bool isDone;

    public World(ulong seed, Mutant mutant, bool isTraced)
    {
        Mutant = mutant;
        var origin = new Prng(seed);
        Plan = WorldPlan.Draw(origin.Fork());
        Chance = origin.Fork();
        traffic = origin.Fork();
        Scheduler = new Scheduler(origin.Fork());
        Clock = new DatabaseClock(Scheduler, Plan.Start, Plan.Speed);
        Trace = new Trace(Scheduler, Clock, isTraced);
        Log = new MemberLog(Trace);
        Cluster = new Cluster(Scheduler);
        Group = new SimGroup(Cluster, origin.Fork(), Happenings, Trace, Plan.IsEager);
        factsWeather = new MetadataWeather
        {
            FailChance = Plan.MetadataFailChance,
            PartialChance = Plan.MetadataPartialChance,
            SlowChance = Plan.MetadataSlowChance,
        };
        letterWeather = new LetterWeather { ExtraBytes = Plan.LetterExtraBytes };
        Database = new Database(Scheduler, Clock, origin.Fork(), mutant.Rules, Plan.Store, Happenings);
        Ledger = new Ledger(Database, Cluster, Clock, Book, Letters, Plan, Topics, Happenings, Fail, client => byName[client]);
        Database.Witness = Ledger;
        maker = new RecordMaker(traffic, Plan.Habits, Happenings);
        faults = new FaultMaker(this, factsWeather, letterWeather, origin.Fork());
        rest = new AtRest(this);
        lives = new int[Plan.Members];
    }

    public static PipelineTopics Topics { get; } = new("gateway.usage", "gateway.errors");

    /// <summary>One for all worlds: nothing that it holds is read back by the pipeline except to count late events.</summary>
    public static StreamAggMetrics Metrics { get; } = new("simulation", 100);

    public WorldPlan Plan { get; }

    public Mutant Mutant { get; }

    public Prng Chance { get; }

    public Scheduler Scheduler { get; }

    public DatabaseClock Clock { get; }

    public Cluster Cluster { get; }

    public SimGroup Group { get; }

    public Database Database { get; }

    public Ledger Ledger { get; }

    public DeliveryBook Book { get; } = new();

    public LetterBook Letters { get; } = new();

    public Happenings Happenings { get; } = new();

    public Trace Trace { get; }

    public MemberLog Log { get; }

    /// <summary>The first promise that was broken; null while all are kept.</summary>
    public Violation? Violation { get; private set; }

    /// <summary>True once faults have stopped.</summary>
    public bool IsCalm => calmSinceMicros >= 0;

    /// <summary>The largest time that any event says.</summary>
    public Instant LatestEvent { get; private set; } = Instant.MinValue;

    public List<SimMember> Alive => members.FindAll(static member => !member.Process.IsDead && !member.IsStopped);

    /// <summary>Runs the world to its end.</summary>
    public void Run()
    {
        Cluster.Create(Topics[EventKind.Usage], Plan.UsagePartitions);
        Cluster.Create(Topics[EventKind.Error], Plan.ErrorPartitions);
        if (Plan.HasForeignRows)
            faults.PlantForeignRows();
        for (int i = 0; i < Plan.Backlog; i++)
            Produce();
        ScheduleTraffic();
        if (Plan.RollupAtMicros == 0)
            Database.Rollup.Seed(new RollupRow(1, Instant.MinValue));
        else if (Plan.RollupAtMicros is { } at)
            Scheduler.After(null, at, Deploy);
        for (int slot = 0; slot < Plan.Members; slot++)
        {
            int current = slot;
            PipelineOptions options = Configured(Plan.Options);
            // One that was configured too soon has to hear of it.
            if (Plan.RollupAtMicros > 0 && Chance.Chance(0.1))
                options = WithRollups(options, [WorldPlan.ByModel]);
            if (Chance.Chance(Plan.OddStartChance))
                options = options with { StartFrom = WorldPlan.DrawStart(Chance) };
            Scheduler.After(null, slot == 0 ? 0 : Chance.Between(0, Plan.TrafficMicros / 2), () => Launch(current, options));
        }
        foreach (var (at, fault) in Plan.Faults)
            Scheduler.After(null, at, () => faults.Strike(fault));
        Scheduler.After(null, Plan.TrafficMicros + WorldPlan.QuietMicros, CalmDown);

        while (Violation is null && !isDone && Scheduler.RunNext())
        {
        }
        if (Violation is null)
            rest.Verify();
    }

    public void Fail(string invariant, string what)
    {
        if (Trace.IsOn && Violation is null)
            Trace.Write("VIOLATION", $"{invariant}: {what}");
        Violation ??= new Violation(invariant, what);
    }

    public void Surprise(string who, Exception e) => Fail(Invariants.NoSurprise, $"{who}: {e}");

    public SimStore NewStore(SimProcess process, PipelineOptions options) => new(Database, process, Trace, options.Rollups);

    public SimMetadata NewMetadata(SimProcess process) => new(Cluster, Scheduler, process, Chance.Fork(), factsWeather, Happenings);

    public SimDeadLetters NewLetters(SimProcess process, SimConsumer consumer) =>
        new(consumer, Scheduler, process, Chance.Fork(), Letters, Book, letterWeather, Happenings);

    public void Launch(int slot, PipelineOptions options)
    {
        var member = new SimMember(this, slot, $"m{slot}.{++lives[slot]}", options);
        members.Add(member);
        byName.Add(member.Process.Name, member);
        if (Trace.IsOn)
            Trace.Write(member.Process.Name, "starts");
        member.Start();
    }

    /// <summary>Something counts in that hour that no record says.</summary>
    public void CountsIn(Hour hour) => LatestEvent = Instant.Max(LatestEvent, hour.Start);

    /// <summary>Somebody calls a verb.</summary>
    public SimOperator Operate(PipelineOptions? options = null) =>
        new(this, new SimProcess($"o{++operators}", Scheduler), options ?? Configured(Plan.Options), Chance.Fork());

    /// <summary>A new configuration: the database first, and while it learns of it members come and go.</summary>
    private void Deploy()
    {
        Operate(WithRollups(Plan.Options, [WorldPlan.ByModel])).Migrate();
        for (int i = Chance.Below(4); i > 0; i--)
            Scheduler.After(null, Chance.Skewed(0, 10_000_000), () => Group.Rebalance("members are being replaced"));
    }

    /// <summary>The members follow one by one, some of them late, and some not before they are told by the database.</summary>
    public void RollupAdded()
    {
        Happenings.Count(Happening.RollupAdded);
        foreach (SimMember member in members)
        {
            if (member.Options.Rollups.Count == 1 && (IsCalm || Chance.Chance(0.5)))
                Scheduler.After(member.Process, Chance.Skewed(0, 20_000_000), member.BeginStop);
        }
    }

    /// <summary>As whoever starts something now would configure it.</summary>
    private PipelineOptions Configured(PipelineOptions options) => WithRollups(options, Database.Rollup.Committed is null ? [] : [WorldPlan.ByModel]);

    private static PipelineOptions WithRollups(PipelineOptions options, Rollup[] rollups) =>
        options with { Events = options.Events with { Rollups = rollups } };

    /// <summary>A process ended in order: somebody starts it again, and where a gap stopped it, with the choice it asked for.</summary>
    public void Stopped(SimMember member, Exception? fault)
    {
        if (Trace.IsOn)
            Trace.Write(member.Process.Name, $"has stopped: {fault?.Message ?? "told to"}");
        PipelineOptions options = fault is PipelineStoppedException ? member.Options with { OnGap = GapAction.Continue } : member.Options;
        Scheduler.After(null, Chance.Between(0, 5_000_000), () => Launch(member.Slot, Configured(options)));
    }

    /// <summary>One record after the other in the order of their times: the scheduler's heap stays small.</summary>
    private void ScheduleTraffic()
    {
        long burst = traffic.Between(0, Plan.TrafficMicros);
        long[] times = new long[Plan.Records - Plan.Backlog];
        for (int i = 0; i < times.Length; i++)
            times[i] = traffic.Chance(Plan.StartBurstChance) ? burst : traffic.Between(0, Plan.TrafficMicros);
        Array.Sort(times);
        int next = 0;
        if (times.Length > 0)
            Scheduler.After(null, times[0], ProduceNext);

        void ProduceNext()
        {
            Produce();
            if (++next < times.Length)
                Scheduler.After(null, times[next] - times[next - 1], ProduceNext);
        }
    }

    private void Produce()
    {
        List<SimPartition> partitions = Cluster.Partitions;
        if (partitions.Count == 0)
            return;
        // Skewed: the first partitions get the most, the last ones may stay empty.
        SimPartition partition = partitions[traffic.Chance(0.5) ? traffic.Below(partitions.Count) : (int)traffic.Skewed(0, partitions.Count)];
        if (traffic.Chance(Plan.TransactionChance))
        {
            if (partition.IsInTransaction)
                partition.EndTransaction(traffic.Chance(0.7));
            else
                partition.BeginTransaction();
        }

        EventKind kind = Topics.KindOf(partition.Source.Topic);
        var (value, truth) = maker.Make(kind, Clock.Now, out long timestamp);
        LogEntry entry = partition.Append(value, timestamp, truth);
        foreach (TrueEvent e in truth.Events)
            LatestEvent = Instant.Max(LatestEvent, e.Time);
        if (Trace.IsOn)
        {
            Trace.Write("gateway", $"{partition.Source} offset {entry.Offset}{(entry.Kind == EntryKind.Record ? "" : " (in a transaction)")}: "
                + string.Join(' ', truth.Events.Select(e => $"{e.Time.Hour.SinceEpoch}/{e.Label}")) + string.Join(' ', truth.Refusals.Select(r => r.Reason)));
        }
    }

    /// <summary>Faults stop: whoever sleeps wakes, whoever is gone comes back, and the database's clock passes the last day.</summary>
    private void CalmDown()
    {
        if (Trace.IsOn)
            Trace.Write("world", "faults stop");
        calmSinceMicros = Scheduler.NowMicros;
        Database.Weather.CalmDown();
        factsWeather.CalmDown();
        letterWeather.IsDiskFull = letterWeather.IsRefusing = false;
        faults.Repair();
        foreach (SimPartition partition in Cluster.Partitions)
        {
            partition.IsStuck = false;
            partition.EndTransaction(isCommitted: true);
        }
        Instant last = LatestEvent == Instant.MinValue ? Clock.Now : LatestEvent;
        if (Database.Rollup.Committed is not null)
        {
            foreach (SimMember member in Alive.FindAll(static member => member.Options.Rollups.Count == 1))
                Scheduler.After(member.Process, 0, member.BeginStop);
        }
        Clock.JumpTo(last.Hour.Day.End + Plan.Options.Grace + TimeSpan.FromHours(4));
        Scheduler.After(null, RestMicros, LookForRest);
    }

    private void LookForRest()
    {
        if (rest.WhatIsLeft() is not { } left)
        {
            isDone = true;
            return;
        }
        if (Scheduler.NowMicros - calmSinceMicros > PatienceMicros)
            Fail(Invariants.Liveness, left);
        Scheduler.After(null, RestMicros, LookForRest);
    }
}
