using System.Globalization;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;
using StreamAgg.Digests;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Publishing;
using StreamAgg.Pipeline.Store;
using StreamAgg.Simulation.Chance;
using StreamAgg.Simulation.Store;
using StreamAgg.Simulation.Swarm;
using StreamAgg.Simulation.Time;
using StreamAgg.Simulation.Tracing;

namespace StreamAgg.Simulation.Lockstep;

/// <summary>One random script of claims, checkpoints, folds and publishes, run call by call on the simulated store and on another one.</summary>
/// <remarks>Everything that a caller can see is compared after each call, fences by what they are worth: the random claim is each store's own.</remarks>
internal sealed class StorePair
{
    private const int Compression = 20;
    private static readonly string[] Labels = ["anthropic", "", "azure é"];
    private static readonly string[] Reasons = ["bad_field:created_at", "malformed_json"];
    private static readonly Hour First = Hour.FromUtc(new DateTime(2026, 3, 1, 22, 0, 0, DateTimeKind.Utc));

    /// <summary>Of both stores.</summary>
    public static readonly Rollup[] Rollups = [Rollup.ByPlatform(int.MaxValue), WorldPlan.ByModel];

    private readonly SourcePartition[] sources = [new("gateway.errors", 0), new("gateway.usage", 0), new("gateway.usage", 1)];
    private readonly IAggregateStore other;
    private readonly IRecountStore otherRecounts;
    private readonly SimStore simulated;
    private readonly Scheduler scheduler;
    private readonly Prng chance;
    private readonly Dictionary<(int Member, SourcePartition Source), Claimed> claimed = [];
    private readonly List<(Publication<Hour>[] Simulated, Publication<Hour>[] Other)> stale = [];

    public StorePair(ulong seed, IAggregateStore other, IRecountStore otherRecounts)
    {
        (this.other, this.otherRecounts) = (other, otherRecounts);
        chance = new Prng(seed);
        scheduler = new Scheduler(chance.Fork());
        var clock = new DatabaseClock(scheduler, First.Start, 1);
        Database = new Database(scheduler, clock, chance.Fork(), StoreRules.Protocol, StoreWeather.Calm, new Happenings());
        simulated = new SimStore(Database, new SimProcess("twin", scheduler), null, Rollups);
        Database.Rollup.Seed(new RollupRow(1, Instant.MinValue));
    }

    public Database Database { get; }

    /// <summary>What differed first; null where nothing did.</summary>
    public string? Difference { get; private set; }

    public int Fenced { get; private set; }

    public int Folds { get; private set; }

    public int Published { get; private set; }

    public int Swapped { get; private set; }

    public int Replayed { get; private set; }

    public async Task RunAsync(int calls)
    {
        await BothAsync("introduce", store => DoneAsync(store.IntroduceTopicAsync("gateway.usage", "u1", [3, 0], default)));
        await BothAsync("introduce", store => DoneAsync(store.IntroduceTopicAsync("gateway.errors", "e1", [0], default)));
        await BothAsync("introduce again", store => DoneAsync(store.IntroduceTopicAsync("gateway.usage", "u2", [7, 7], default)));
        for (int call = 0; call < calls && Difference is null; call++)
        {
            int member = chance.Below(2);
            SourcePartition source = chance.Pick(sources);
            switch (chance.Below(12))
            {
                case 0:
                    await ClaimAsync(member, source);
                    break;
                case 1:
                    await AdoptAsync(member, source);
                    break;
                case < 7:
                    await CheckpointAsync(member);
                    break;
                case 7:
                    await BothAsync("fences", async store => string.Join(' ', (await store.ReadFencesAsync(sources, default))
                        .OrderBy(entry => entry.Key).Select(entry => $"{entry.Key} {Say(entry.Value)}")));
                    break;
                case 8:
                    await PublishDaysAsync();
                    break;
                case 9:
                    await SwapAsync();
                    break;
                case 10:
                    await ReplayAsync();
                    break;
                default:
                    await PublishHoursAsync();
                    break;
            }
        }
        foreach (SourcePartition source in sources)
            await BothAsync($"partials of {source}", async store => Say(await store.LoadPartialsAsync(source, default)));
        await PublishHoursAsync();
        await PublishDaysAsync();
    }

    private static async Task<string> DoneAsync(Task task)
    {
        await task;
        return "done";
    }

    private async Task ClaimAsync(int member, SourcePartition source)
    {
        var (mine, theirs) = await BothAsync($"claim {source}", store => store.ClaimAsync(source, $"m{member}", default),
            claim => $"{Say(claim.Fence)} next {claim.NextOffset} id {claim.TopicId} leader {claim.LeaderEpoch} watermark {claim.Watermark}");
        var (loaded, _) = await BothAsync($"load {source}", store => store.LoadPartialsAsync(source, default), Say);
        if (Difference is null)
            claimed[(member, source)] = new Claimed(mine!.Fence, theirs!.Fence, mine.NextOffset, mine.Watermark, loaded!.ToDictionary(row => row.Key));
    }

    private async Task AdoptAsync(int member, SourcePartition source)
    {
        if (!claimed.TryGetValue((member, source), out Claimed? state))
            return;
        string id = $"{source.Topic[8]}{chance.Between(1, 2)}";
        var gap = new Gap(source, state.NextOffset, null, "recreated");
        Fence? mine = await SimulatedAsync(simulated.AdoptTopicIdAsync(source, state.Simulated, id, gap, default));
        Fence? theirs = await other.AdoptTopicIdAsync(source, state.Other, id, gap, default);
        Compare($"adopt {source} {id}", mine is { } a ? Say(a) : "fenced", theirs is { } b ? Say(b) : "fenced");
        // What the row says now comes with the next claim; this one is over.
        claimed.Remove((member, source));
    }

    private async Task CheckpointAsync(int member)
    {
        var mine = new List<PartitionCheckpoint>();
        var theirs = new List<PartitionCheckpoint>();
        foreach (SourcePartition source in sources)
        {
            if (!claimed.TryGetValue((member, source), out Claimed? state) || chance.Chance(0.3))
                continue;
            PartitionCheckpoint checkpoint = Change(source, state);
            mine.Add(checkpoint with { Fence = state.Simulated });
            theirs.Add(checkpoint with { Fence = state.Other });
        }
        if (mine.Count == 0)
            return;

        CheckpointResult result = await SimulatedAsync(simulated.CheckpointAsync(mine, default));
        CheckpointResult answer = await other.CheckpointAsync(theirs, default);
        Compare("checkpoint", string.Join(' ', result.Fenced.Order()), string.Join(' ', answer.Fenced.Order()));
        foreach (PartitionCheckpoint checkpoint in mine)
        {
            if (!result.IsCommitted)
            {
                // As a member would: what a failed checkpoint changed in memory is not known to the store, so start over.
                Fenced++;
                claimed.Remove((member, checkpoint.Source));
                continue;
            }
            Claimed state = claimed[(member, checkpoint.Source)];
            Folds += checkpoint.Folds.Count;
            claimed[(member, checkpoint.Source)] = state with
            {
                Simulated = state.Simulated.Next,
                Other = state.Other.Next,
                NextOffset = checkpoint.NextOffset,
                Watermark = checkpoint.Watermark ?? state.Watermark,
            };
        }
    }

    private PartitionCheckpoint Change(SourcePartition source, Claimed state)
    {
        var changed = new List<PartialRow>();
        var folds = new List<Fold>();
        for (int i = chance.Below(4); i > 0; i--)
        {
            var key = new BucketKey<Hour>(new Hour(First.SinceEpoch + chance.Below(5)), chance.Pick(Labels), chance.Pick(Rollups).Name);
            if (changed.Exists(row => row.Key == key))
                continue;
            PartialRow row = Count(key, state.Partials.GetValueOrDefault(key));
            state.Partials[key] = row;
            changed.Add(row);
        }
        foreach (PartialRow row in state.Partials.Values.ToArray())
        {
            if (!chance.Chance(0.15))
                continue;
            folds.Add(new Fold(row, changed.Remove(row)));
            state.Partials.Remove(row.Key);
        }
        return new PartitionCheckpoint
        {
            Source = source,
            Fence = default,
            NextOffset = state.NextOffset + chance.Below(5),
            LeaderEpoch = chance.Chance(0.5) ? 4 : null,
            Watermark = chance.Chance(0.8) ? First.Start + TimeSpan.FromMinutes(chance.Below(72 * 60)) : null,
            Changed = changed,
            Folds = folds,
            Outcomes = DrawOutcomes(),
            Gaps = chance.Chance(0.1) ? [new Gap(source, state.NextOffset, state.NextOffset + 1, "expired")] : [],
        };
    }

    private OutcomeCount[] DrawOutcomes() => chance.Chance(0.3)
        ? []
        :
        [
            new(EventOutcome.Accepted, "", chance.Between(1, 9)),
            .. Reasons.Where(_ => chance.Chance(0.4)).Select(reason => new OutcomeCount(EventOutcome.Refused, reason, chance.Between(1, 3))),
        ];

    private PartialRow Count(BucketKey<Hour> key, PartialRow? before)
    {
        BucketTotals totals = before?.Totals ?? default;
        TDigest digest = DigestOf(key, before, Spreads.Latency), ttft = DigestOf(key, before, Spreads.Ttft);
        for (int i = 1 + chance.Below(20); i > 0; i--)
        {
            if (chance.Chance(0.3))
            {
                totals.ErrorCount++;
                totals.Error5xxCount += chance.Below(2);
                totals.TimeoutCount += chance.Below(2);
                totals.Counts[Measures.LimitedCount] += totals.ErrorCount % 2;
                totals.Counts[Measures.CostUsd] += totals.ErrorCount * 7;
                continue;
            }
            totals.SuccessCount++;
            if (chance.Chance(0.2))
                continue;
            long micros = chance.Skewed(0, 60_000_000);
            totals.AddDuration(micros);
            digest.Add(micros);
            if (micros % 3 == 0)
                continue;
            totals.Spreads[Spreads.Ttft].Add(micros / 3);
            ttft.Add(micros / 3);
        }
        return new PartialRow(key.Bucket, key.Label, totals, new SpreadBytes(BytesOf(digest), BytesOf(ttft)), key.Rollup);
    }

    private static TDigest DigestOf(BucketKey<Hour> key, PartialRow? row, int spread) =>
        row is null || row.Digests[spread].IsEmpty ? new TDigest(Compression) : StoredDigest.Decode(row.Digests[spread].Span, key.Bucket, key.Label);

    private static ReadOnlyMemory<byte> BytesOf(TDigest digest) => digest.Count == 0 ? default : digest.ToBytes();

    private async Task PublishHoursAsync()
    {
        int limit = chance.Chance(0.3) ? 2 : 100;
        var (mine, theirs) = await BothAsync("dirty hours", store => store.ReadDirtyHoursAsync(sources, limit, default), Say);
        if (Difference is not null)
            return;
        Publication<Hour>[] ours = [.. mine!.Buckets.Select(hour => RowMerge.Of(hour, Compression))];
        Publication<Hour>[] others = [.. theirs!.Buckets.Select(hour => RowMerge.Of(hour, Compression))];
        Compare("merged hours", string.Join(' ', ours.Select(Say)), string.Join(' ', others.Select(Say)));
        stale.Add((ours, others));
        // Sometimes a publisher writes what it read long ago.
        (ours, others) = chance.Chance(0.3) ? chance.Pick(stale) : (ours, others);
        PublishResult result = await SimulatedAsync(simulated.PublishHoursAsync(ours, default));
        Compare("publish hours", result.ToString(), (await other.PublishHoursAsync(others, default)).ToString());
        Published += result.RowsWritten;
    }

    private async Task PublishDaysAsync()
    {
        var (mine, theirs) = await BothAsync("dirty days", store => store.ReadDirtyDaysAsync(sources, 100, default), Say);
        if (Difference is not null)
            return;
        Publication<Day>[] ours = [.. mine!.Buckets.Select(day => RowMerge.Of(day, Compression))];
        Publication<Day>[] others = [.. theirs!.Buckets.Select(day => RowMerge.Of(day, Compression))];
        PublishResult result = await SimulatedAsync(simulated.PublishDaysAsync(ours, default));
        Compare("publish days", result.ToString(), (await other.PublishDaysAsync(others, default)).ToString());
        Published += result.RowsWritten;
    }

    /// <summary>Some hours hold something else from now on; what members know of them is void, unless the swap only fills.</summary>
    private async Task SwapAsync()
    {
        var from = new Hour(First.SinceEpoch - 3 + chance.Below(7));
        var swap = new HourSwap(from, new Hour(from.SinceEpoch + 1 + chance.Below(30)))
        {
            Kind = chance.Pick((SwapKind[])[SwapKind.Fill, SwapKind.Rebuild, SwapKind.Rebuild]),
            Compression = Compression,
            Partitions = sources,
            Contents = _ => Task.FromResult<IReadOnlyList<PartialRow>?>(null),
            LeftOut = chance.Chance(0.2) ? [WorldPlan.ByModel.Name] : [],
        };
        PartialRow[] rows =
        [
            .. Rollups.SelectMany(rollup => Labels.SelectMany(label => Enumerable.Range(from.SinceEpoch, swap.To.SinceEpoch - from.SinceEpoch)
                .Select(hour => new BucketKey<Hour>(new Hour(hour), label, rollup.Name))))
                .Where(_ => chance.Chance(0.1)).Select(key => Count(key, null)),
        ];
        string seen = "", seenByOther = "";
        SwapResult mine = await SimulatedAsync(simulated.SwapHoursAsync(swap with { Contents = soFar => Told(soFar, rows, out seen) }, default));
        SwapResult theirs = await otherRecounts.SwapHoursAsync(swap with { Contents = soFar => Told(soFar, rows, out seenByOther) }, default);
        Compare($"{swap.Kind} {from.SinceEpoch} to {swap.To.SinceEpoch}", $"{mine.IsDone} {mine.Refusing.Count > 0} {mine.Rows} {seen}", $"{theirs.IsDone} {theirs.Refusing.Count > 0} {theirs.Rows} {seenByOther}");
        Swapped += mine.IsDone ? 1 : 0;
    }

    private static Task<IReadOnlyList<PartialRow>?> Told(CountedSoFar soFar, PartialRow[] rows, out string seen)
    {
        seen = $"{soFar.Replayed} {string.Join(' ', soFar.Partitions.Select(partition => partition with { RecreatedAt = null }))}";
        return Task.FromResult<IReadOnlyList<PartialRow>?>(rows);
    }

    private async Task ReplayAsync()
    {
        var events = new List<ReplayedEvent>();
        foreach (long offset in Enumerable.Range(0, 4))
        {
            PartialRow row = Count(new BucketKey<Hour>(new Hour(First.SinceEpoch + chance.Below(5)), chance.Pick(Labels)), null);
            BucketTotals one = default;
            one.SuccessCount = 1;
            if (row.Totals.DurationCount > 0)
                one.AddDuration(row.Totals.DurationMinMicros);
            events.Add(new ReplayedEvent(chance.Pick(sources), offset, chance.Below(3), chance.Below(2) - 1, row.Key, one)
            {
                Others = new Dictionary<string, string> { [WorldPlan.ByModel.Name] = chance.Pick(Labels) },
            });
        }
        int mine = await SimulatedAsync(simulated.ReplayAsync(events, Compression, default));
        int theirs = await otherRecounts.ReplayAsync(events, Compression, default);
        Compare("replay", $"{mine}", $"{theirs}");
        Replayed += mine;
    }

    private Task<(string? Simulated, string? Other)> BothAsync(string what, Func<IAggregateStore, Task<string>> call) => BothAsync(what, call, static text => text);

    private async Task<(T? Simulated, T? Other)> BothAsync<T>(string what, Func<IAggregateStore, Task<T>> call, Func<T, string> say)
    {
        T mine = await SimulatedAsync(call(simulated));
        T theirs = await call(other);
        Compare(what, say(mine), say(theirs));
        return (mine, theirs);
    }

    /// <summary>The simulated store moves only when its scheduler does.</summary>
    private async Task<T> SimulatedAsync<T>(Task<T> task)
    {
        while (!task.IsCompleted && scheduler.RunNext())
        {
        }
        return await task;
    }

    private void Compare(string what, string simulated, string other)
    {
        if (simulated != other)
            Difference ??= $"{what}: the simulated store says\n  {simulated}\nthe other one\n  {other}";
    }

    private static string Say(Fence fence) => string.Create(CultureInfo.InvariantCulture, $"{fence.Epoch}.{fence.Checkpoint}");

    private static string Say(IReadOnlyList<PartialRow> rows) => string.Join('\n', rows.OrderBy(row => row.Key).Select(Say));

    private static string Say(PartialRow row) =>
        $"{row.Rollup} {row.Hour.SinceEpoch}/{row.Label} {Say(row.Totals)} {Convert.ToHexString(row.Digests.Latency.Span)} {Convert.ToHexString(row.Digests.Ttft.Span)}";

    private static string Say(BucketTotals totals) =>
        $"{totals.SuccessCount}+{totals.ErrorCount},{totals.Error5xxCount},{totals.TimeoutCount},{totals.DurationCount}:{totals.DurationSumMicros}"
        + (totals.DurationCount > 0 ? $"[{totals.DurationMinMicros},{totals.DurationMaxMicros}]" : "")
        + string.Create(CultureInfo.InvariantCulture, $"{totals.Counts[Measures.LimitedCount]},{totals.Counts[Measures.CostUsd]},{totals.Spreads[Spreads.Ttft].Count}:{totals.Spreads[Spreads.Ttft].SumMicros}");

    private static string Say<TBucket>(DirtySnapshot<TBucket> snapshot)
        where TBucket : IComparable<TBucket> => $"{snapshot.Watermark} {snapshot.HasMore} "
        + string.Join('\n', snapshot.Buckets.Select(bucket => $"{bucket.Key}: {string.Join(' ', bucket.Inputs.Select(Say))}"));

    private static string Say(BucketInput input) => $"{input.Rev}@" + input switch
    {
        RevisedRow row => Say(row.Row),
        HourSketch sketch => $"{sketch.Hour.SinceEpoch} {Say(sketch.Totals)} {sketch.Centroids.Latency?.Means.Length} {sketch.Centroids.Ttft?.Means.Length}",
        _ => throw new InvalidOperationException($"{input.GetType()} is no input of a row"),
    };

    private static string Say(Publication<Hour> hour) =>
        string.Create(CultureInfo.InvariantCulture, $"{hour.Key} {hour.InputRev} {Say(hour.Totals)} {hour.Contents.Latency} {hour.Contents.Ttft}");

    private sealed record Claimed(Fence Simulated, Fence Other, long NextOffset, Instant? Watermark, Dictionary<BucketKey<Hour>, PartialRow> Partials);
}
