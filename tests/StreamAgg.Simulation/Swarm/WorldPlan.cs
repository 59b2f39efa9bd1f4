using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Members;
using StreamAgg.Pipeline.Options;
using StreamAgg.Simulation.Chance;
using StreamAgg.Simulation.Store;
using StreamAgg.Simulation.Traffic;

namespace StreamAgg.Simulation.Swarm;

/// <summary>
/// What a seed draws before anything runs. Swarm testing: each world has some faults and lacks the others, for faults that are always on
/// hide each other (a log that always expires never shows what a long outage does).
/// </summary>
internal sealed record WorldPlan
{
    private const int ManyPlatforms = 1000;

    /// <summary>What some worlds count by beside the platform, from their start or from some time on.</summary>
    public static readonly Rollup ByModel = new("by_model", ["model"], 10_000);

    private static readonly string[] AllLabels = ["anthropic", "openai", "", "gemini", "azure é"];

    private static readonly Instant EarliestStart = Instant.FromUtc(new DateTime(2026, 3, 1, 0, 0, 0, DateTimeKind.Utc));

    private static readonly TimeSpan[] Spans =
        [TimeSpan.FromMinutes(20), TimeSpan.FromHours(3), TimeSpan.FromHours(8), TimeSpan.FromHours(30), TimeSpan.FromHours(60)];

    private static readonly TimeSpan[] Graces = [TimeSpan.Zero, TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(30)];

    private static readonly double[] CheckpointSeconds = [0.5, 1, 2, 5];

    /// <summary>From the last record to the last fault.</summary>
    public const long QuietMicros = 2_000_000;

    public required int Members { get; init; }

    public required int UsagePartitions { get; init; }

    public required int ErrorPartitions { get; init; }

    public required int Records { get; init; }

    /// <summary>Of the records, so many lie in the log before anybody reads.</summary>
    public required int Backlog { get; init; }

    public required long TrafficMicros { get; init; }

    /// <summary>The database's seconds a virtual second.</summary>
    public required int Speed { get; init; }

    public required Instant Start { get; init; }

    public required bool IsEager { get; init; }

    public required PipelineOptions Options { get; init; }

    public required TrafficHabits Habits { get; init; }

    public required long PollMicros { get; init; }

    public required int PollBatch { get; init; }

    public required long SessionTimeoutMicros { get; init; }

    public required long RevocationTimeoutMicros { get; init; }

    public required double TransactionChance { get; init; }

    public required double StartBurstChance { get; init; }

    public required bool HasForeignRows { get; init; }

    public required StoreWeather Store { get; init; }

    public required double MetadataFailChance { get; init; }

    public required double MetadataPartialChance { get; init; }

    public required double MetadataSlowChance { get; init; }

    public required long LetterExtraBytes { get; init; }

    /// <summary>What a member holds at most: the product's own, or so little that a world can reach it.</summary>
    public required MemberBounds Bounds { get; init; }

    /// <summary>Of a member: that it starts where the others do not, if it is the one that introduces a topic.</summary>
    public required double OddStartChance { get; init; }

    /// <summary>Of a record: that the client delivers the one before it once more.</summary>
    public required double RedeliverChance { get; init; }

    /// <summary>When <see cref="ByModel"/> comes into the database; null: never. Members and operators follow one by one.</summary>
    public required long? RollupAtMicros { get; init; }

    /// <summary>What happens, and when.</summary>
    public required IReadOnlyList<(long AtMicros, Fault Fault)> Faults { get; init; }

    /// <summary>True where labels are counted under another one, and only the sum over all of them is known.</summary>
    public bool LabelsOverflow => Options.MaxPlatforms < ManyPlatforms;

    public static WorldPlan Draw(Prng chance)
    {
        int records = (int)chance.Between(60, 320);
        // Mostly short, so that a world is dense with what it is for; sometimes long, for what only a long outage shows.
        long trafficMicros = chance.Skewed(5_000_000, 40_000_000);
        TimeSpan span = chance.Pick(Spans);
        var options = new PipelineOptions
        {
            Grace = chance.Pick(Graces),
            MaxFuture = chance.Chance(0.3) ? TimeSpan.FromDays(1) : TimeSpan.FromMinutes(5),
            CheckpointInterval = TimeSpan.FromSeconds(chance.Pick(CheckpointSeconds)),
            Compression = chance.Chance(0.3) ? 20 : 100,
            OnGap = chance.Chance(0.2) ? GapAction.Stop : GapAction.Continue,
            StartFrom = DrawStart(chance),
            MaxPlatforms = chance.Chance(0.1) ? (int)chance.Between(1, 3) : ManyPlatforms,
        };
        bool Sometimes(double probability) => chance.Chance(probability);
        return new WorldPlan
        {
            Members = (int)chance.Between(1, 4),
            UsagePartitions = (int)chance.Between(1, 4),
            ErrorPartitions = (int)chance.Between(1, 3),
            Records = records,
            Backlog = Sometimes(0.3) ? chance.Below(records) : 0,
            TrafficMicros = trafficMicros,
            Speed = Math.Max(1, (int)(span.TotalMicroseconds / trafficMicros)),
            Start = EarliestStart + TimeSpan.FromMinutes(chance.Below(3 * 24 * 60)),
            IsEager = Sometimes(0.3),
            Options = options,
            Habits = DrawHabits(chance, options, span),
            PollMicros = chance.Between(20_000, 400_000),
            PollBatch = (int)chance.Between(1, 40),
            SessionTimeoutMicros = chance.Between(2_000_000, 10_000_000),
            RevocationTimeoutMicros = chance.Between(500_000, 10_000_000),
            TransactionChance = Sometimes(0.4) ? 0.15 : 0,
            StartBurstChance = Sometimes(0.3) ? 0.5 : 0,
            HasForeignRows = Sometimes(0.15) && options.MaxPlatforms == ManyPlatforms,
            Store = DrawStore(chance),
            MetadataFailChance = Sometimes(0.25) ? 0.1 : 0,
            MetadataPartialChance = Sometimes(0.25) ? 0.1 : 0,
            MetadataSlowChance = Sometimes(0.25) ? 0.1 : 0,
            LetterExtraBytes = Sometimes(0.2) ? 6 << 20 : 0,
            Bounds = Sometimes(0.4) ? DrawBounds(chance) : MemberBounds.Default,
            OddStartChance = Sometimes(0.2) ? 0.5 : 0,
            RedeliverChance = Sometimes(0.2) ? 0.05 : 0,
            Faults = DrawFaults(chance, trafficMicros),
            RollupAtMicros = options.MaxPlatforms < ManyPlatforms || !Sometimes(0.5) ? null : Sometimes(0.2) ? 0 : chance.Between(0, trafficMicros / 2),
        };
    }

    /// <summary>The end, or a time in the past or the future of the world's start, which is also a time in the middle of its backlog.</summary>
    public static StartPosition DrawStart(Prng chance) => chance.Below(10) switch
    {
        0 => StartPosition.End,
        1 => StartPosition.At(EarliestStart + TimeSpan.FromMinutes(chance.Below(4 * 24 * 60))),
        _ => StartPosition.Beginning,
    };

    private static TrafficHabits DrawHabits(Prng chance, PipelineOptions options, TimeSpan span) => new()
    {
        Labels = AllLabels[..(int)chance.Between(1, AllLabels.Length)],
        MaxFuture = options.MaxFuture,
        BatchChance = chance.Chance(0.4) ? 0.2 : 0,
        PoisonRecordChance = chance.Chance(0.4) ? 0.03 : 0,
        PoisonEventChance = chance.Chance(0.4) ? 0.05 : 0,
        LateChance = chance.Chance(0.6) ? chance.Unit() * 0.5 : 0,
        FutureChance = chance.Chance(0.3) ? 0.1 : 0,
        LatestMilliseconds = chance.Chance(0.2) ? 40L * 86_400_000 : (long)span.TotalMilliseconds,
        DistinctDurations = chance.Chance(0.3) ? (int)chance.Between(1, 15) : 0,
    };

    /// <summary>Each by itself, for they hide each other: where few partials may be unsaved, they never take many bytes.</summary>
    private static MemberBounds DrawBounds(Prng chance) => MemberBounds.Default with
    {
        UnsavedPartials = chance.Chance(0.5) ? (int)chance.Between(4, 30) : MemberBounds.Default.UnsavedPartials,
        HeldBytes = chance.Chance(0.5) ? chance.Between(2_000, 30_000) : MemberBounds.Default.HeldBytes,
        CheckpointRows = chance.Chance(0.5) ? (int)chance.Between(1, 8) : MemberBounds.Default.CheckpointRows,
        CheckpointFolds = chance.Chance(0.5) ? (int)chance.Between(1, 4) : MemberBounds.Default.CheckpointFolds,
    };

    private static StoreWeather DrawStore(Prng chance) => new()
    {
        LatencyHighMicros = chance.Chance(0.3) ? 200_000 : 10_000,
        SlowChance = chance.Chance(0.3) ? 0.05 : 0,
        PauseChance = chance.Chance(0.2) ? 0.04 : 0,
        AgeChance = chance.Chance(0.35) ? 0.4 : 0,
        MostKeys = chance.Chance(0.3) ? (int)chance.Between(1, 3) : int.MaxValue,
        RefuseChance = chance.Chance(0.25) ? 0.02 : 0,
        LoseConnectionChance = chance.Chance(0.3) ? 0.02 : 0,
        LoseCommitChance = chance.Chance(0.4) ? 0.15 : 0,
    };

    private static List<(long AtMicros, Fault Fault)> DrawFaults(Prng chance, long trafficMicros)
    {
        var faults = new List<(long AtMicros, Fault Fault)>();
        foreach (Fault fault in Enum.GetValues<Fault>())
        {
            // A clock that jumps closes days while there is still something to come for them, which little else does; elections hurt nobody
            // but in a few places.
            if (!chance.Chance(fault is Fault.ClockJump or Fault.ElectLeader ? 0.5 : 0.25))
                continue;
            int times = (int)chance.Between(1, 3);
            for (int i = 0; i < times; i++)
                faults.Add((chance.Between(0, trafficMicros + QuietMicros), fault));
        }
        return faults;
    }
}
