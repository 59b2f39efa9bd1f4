using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Store;
using static StreamAgg.Postgres.Tests.Sample;

namespace StreamAgg.Postgres.Tests;

/// <summary>A member in its plainest form: what the protocol asks of a client and nothing else.</summary>
internal sealed class StressMember(PostgresStore store, StressLog log, Random random, StressCounts counts)
{
    private readonly SortedDictionary<int, Owned> owned = [];

    public bool IsIdle => owned.Count == 0;

    public bool HasChanges => owned.Values.Any(partition => partition.Changed.Count > 0);

    public void Crash() => owned.Clear();

    public async Task ClaimAsync(int partition)
    {
        owned.Remove(partition);
        PartitionClaim claim = await store.ClaimAsync(StressLog.Sources[partition], "stress", None);
        var loaded = new Owned { Fence = claim.Fence, Position = (int)claim.NextOffset };
        foreach (PartialRow row in await store.LoadPartialsAsync(StressLog.Sources[partition], None))
            loaded.Content(row.Hour.SinceEpoch - Hour(0).SinceEpoch - StressLog.FirstHour).Add(row.Totals, Decode(row.Digests.Latency));
        owned[partition] = loaded;
        counts.Add("claim");
    }

    public void ReadSome()
    {
        foreach (int partition in owned.Keys)
            Read(partition, Math.Min(random.Next(9), log.Available - owned[partition].Position));
    }

    public void Read(int partition, int events)
    {
        Owned mine = owned[partition];
        for (; events > 0 && mine.Position < StressLog.Events; events--)
        {
            var (hour, micros) = log[partition, mine.Position++];
            mine.Content(hour).Count(partition, micros);
            mine.Changed.Add(hour);
        }
    }

    public async Task CheckpointAsync(double foldShare, Action? beforeCommit)
    {
        Snapshot[] taken = [.. owned.Where(mine => mine.Value.Changed.Count > 0 || random.NextDouble() < 0.3).Select(mine => Take(mine.Key, mine.Value, foldShare))];
        if (taken.Length == 0)
            return;
        beforeCommit?.Invoke();
        try
        {
            CheckpointResult result = await store.CheckpointAsync([.. taken.Select(snapshot => snapshot.Checkpoint)], None);
            counts.Add(result.IsCommitted ? "checkpoint" : "fenced");
            foreach (Snapshot snapshot in taken)
                if (result.IsCommitted)
                    owned[snapshot.Partition].Fence = snapshot.Checkpoint.Fence.Next;
                else if (result.Fenced.Contains(snapshot.Checkpoint.Source))
                    owned.Remove(snapshot.Partition);
                else
                    Restore(snapshot);
        }
        catch (StoreUnavailableException)
        {
            counts.Add("failed before COMMIT");
            foreach (Snapshot snapshot in taken)
                Restore(snapshot);
        }
        catch (CommitOutcomeUnknownException)
        {
            counts.Add("answer lost");
            await DecideAsync(taken);
        }
    }

    private async Task DecideAsync(Snapshot[] taken)
    {
        IReadOnlyDictionary<SourcePartition, Fence> stands = await store.ReadFencesAsync([.. taken.Select(snapshot => snapshot.Checkpoint.Source)], None);
        foreach (Snapshot snapshot in taken)
        {
            Fence fence = stands[snapshot.Checkpoint.Source];
            if (fence == snapshot.Checkpoint.Fence.Next)
                owned[snapshot.Partition].Fence = fence;
            else if (fence == snapshot.Checkpoint.Fence)
                Restore(snapshot);
            else
                owned.Remove(snapshot.Partition);
        }
    }

    private Snapshot Take(int partition, Owned mine, double foldShare)
    {
        int[] folded = [.. mine.Contents.Keys.Where(_ => random.NextDouble() < foldShare)];
        Instant? watermark = mine.Position >= log.Available ? Hour(999).Start
            : mine.Position == 0 ? null
            : Hour(StressLog.FirstHour + Enumerable.Range(0, mine.Position).Max(offset => log[partition, offset].Hour)).Start;
        var snapshot = new Snapshot(
            partition,
            new PartitionCheckpoint
            {
                Source = StressLog.Sources[partition],
                Fence = mine.Fence,
                NextOffset = mine.Position,
                Watermark = watermark,
                Changed = [.. mine.Changed.Except(folded).Select(hour => AsRow(hour, mine.Contents[hour]))],
                Folds = [.. folded.Select(hour => new Fold(AsRow(hour, mine.Contents[hour]), mine.Changed.Contains(hour)))],
            },
            [.. mine.Changed],
            folded.ToDictionary(hour => hour, hour => mine.Contents[hour]));
        counts.Add("fold", folded.Length);
        // Detached: an event that is read from here on starts a content of its own.
        foreach (int hour in folded)
            mine.Contents.Remove(hour);
        mine.Changed.Clear();
        return snapshot;
    }

    private void Restore(Snapshot snapshot)
    {
        Owned mine = owned[snapshot.Partition];
        foreach (var (hour, content) in snapshot.Detached)
            mine.Content(hour).Add(content.Totals, content.Digest);
        mine.Changed.UnionWith(snapshot.Changed);
    }

    private static PartialRow AsRow(int hour, StressContent content) =>
        new(Hour(StressLog.FirstHour + hour), "x", content.Totals, Encode(content.Digest));

    private sealed class Owned
    {
        public required Fence Fence { get; set; }

        public required int Position { get; set; }

        public Dictionary<int, StressContent> Contents { get; } = [];

        public HashSet<int> Changed { get; } = [];

        public StressContent Content(int hour)
        {
            if (!Contents.TryGetValue(hour, out StressContent? content))
                Contents.Add(hour, content = new StressContent());
            return content;
        }
    }

    private sealed record Snapshot(int Partition, PartitionCheckpoint Checkpoint, int[] Changed, Dictionary<int, StressContent> Detached);
}
