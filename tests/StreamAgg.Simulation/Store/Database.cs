using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Simulation.Chance;
using StreamAgg.Simulation.Time;
using StreamAgg.Simulation.Tracing;

namespace StreamAgg.Simulation.Store;

/// <summary>The tables of the store protocol with PostgreSQL's semantics: what was committed, and who holds which row.</summary>
internal sealed class Database(Scheduler scheduler, DatabaseClock clock, Prng chance, StoreRules rules, StoreWeather weather, Happenings happenings)
{
    private static readonly SortedList<SourcePartition, Versioned<CountedRow>> NoPartials = [];

    private readonly List<Transaction> open = [];
    private readonly Stack<List<Versioned>> spareLocks = [];
    private readonly Dictionary<BucketKey<Hour>, SortedList<SourcePartition, Versioned<CountedRow>>> partials = new(ByHour.Instance);
    private int transactions;
    private long marks;

    public Scheduler Scheduler { get; } = scheduler;

    public DatabaseClock Clock { get; } = clock;

    public Prng Chance { get; } = chance;

    public StoreRules Rules { get; } = rules;

    public StoreWeather Weather { get; } = weather;

    public Happenings Happenings { get; } = happenings;

    public IStoreWitness? Witness { get; set; }

    public Table<string, TopicRow> Topics { get; } = new("topic");

    public Table<SourcePartition, SourceRow> Sources { get; } = new("source_partition");

    /// <summary>The row of <c>rollup</c>: worlds have one beside the platform's, or none.</summary>
    public Versioned<RollupRow> Rollup { get; } = new("rollup");

    public Table<SourcePartition, TallyRow> Tallies { get; } = new("event_tally");

    /// <summary>Rows of <c>partial</c>, an hour's in (topic, partition) order.</summary>
    public IReadOnlyDictionary<BucketKey<Hour>, SortedList<SourcePartition, Versioned<CountedRow>>> Partials => partials;

    public Table<BucketKey<Hour>, CountedRow> Bases { get; } = new("hour_base", ByHour.Instance);

    public Table<BucketKey<Hour>, MarkRow> DirtyHours { get; } = new("dirty_hour", ByHour.Instance);

    public Table<BucketKey<Day>, MarkRow> DirtyDays { get; } = new("dirty_day", ByDay.Instance);

    public Table<BucketKey<Hour>, SketchRow> HourSketches { get; } = new("hour_sketch", ByHour.Instance);

    public Table<BucketKey<Day>, SketchRow> DaySketches { get; } = new("day_sketch", ByDay.Instance);

    public Table<BucketKey<Hour>, FigureRow> Hourly { get; } = new("ops_metrics_hourly", ByHour.Instance);

    public Table<BucketKey<Day>, FigureRow> Daily { get; } = new("ops_metrics_daily", ByDay.Instance);

    /// <summary>The pipeline's own row: swaps and replays take it before anything else. Here it is locked by one at a time, replays too.</summary>
    public Versioned<object> Pipeline { get; } = new("pipeline");

    public Table<ReplayPlace, ReplayedEvent> Replays { get; } = new("dead_letter_replay");

    /// <summary>Rows of <c>gap</c>; the same gap said twice is one row.</summary>
    public List<Gap> Gaps { get; } = [];

    public IReadOnlyList<Transaction> Open => open;

    /// <summary>The hour's partials in (topic, partition) order; a cell without a row stands for one that was.</summary>
    public SortedList<SourcePartition, Versioned<CountedRow>> PartialsOf(BucketKey<Hour> hour) =>
        partials.TryGetValue(hour, out var cells) ? cells : NoPartials;

    public Versioned<CountedRow> Partial(BucketKey<Hour> hour, SourcePartition source)
    {
        if (!partials.TryGetValue(hour, out var cells))
            partials.Add(hour, cells = []);
        if (!cells.TryGetValue(source, out Versioned<CountedRow>? cell))
            cells.Add(source, cell = new Versioned<CountedRow>("partial"));
        return cell;
    }

    /// <summary>From a sequence: never given twice, not even after a rollback.</summary>
    public long NextMark() => ++marks;

    public Transaction Begin(SimProcess client)
    {
        var transaction = new Transaction(this, client, ++transactions) { LastActivityMicros = Scheduler.NowMicros };
        open.Add(transaction);
        return transaction;
    }

    public void Ended(Transaction transaction, List<Versioned>? locks)
    {
        open.Remove(transaction);
        if (locks is null)
            return;
        locks.Clear();
        spareLocks.Push(locks);
    }

    /// <summary>An empty list: one that an ended transaction has left behind, where there is one.</summary>
    public List<Versioned> SpareLocks() => spareLocks.TryPop(out List<Versioned>? locks) ? locks : [];

    /// <summary>A restart: every session is gone. A commit that was on its way may have made it or not; the seed decides.</summary>
    public void Restart()
    {
        foreach (Transaction transaction in open.ToArray())
        {
            if (!transaction.CommitSent || Chance.Chance(0.5))
                transaction.Abort("the server went down");
        }
    }

    public void AddGap(Gap gap)
    {
        if (!Gaps.Contains(gap))
            Gaps.Add(gap);
        Witness?.GapRecorded(gap);
    }

    /// <summary>True where the public table holds a row of an hour of that day that has no sketch: somebody else counted what was never seen.</summary>
    /// <param name="day">Which.</param>
    /// <param name="session">Sees what it has written itself; null: what is committed.</param>
    public bool HasUnseenHours(BucketKey<Day> day, Transaction? session = null)
    {
        for (int i = 0; i < 24; i++)
        {
            var hour = new BucketKey<Hour>(new Hour(day.Bucket.FirstHour.SinceEpoch + i), day.Label, day.Rollup);
            if (SimStore.Seen(session, Hourly[hour]) is not null && SimStore.Seen(session, HourSketches[hour]) is null)
                return true;
        }
        return false;
    }

    /// <summary>The smallest committed watermark; null while a partition has no row or no watermark.</summary>
    public Instant? Watermark(IReadOnlyCollection<SourcePartition> partitions)
    {
        if (partitions.Count == 0)
            return null;
        Instant smallest = Instant.MaxValue;
        foreach (SourcePartition partition in partitions)
        {
            if (Sources.Committed(partition)?.Watermark is not { } watermark)
                return null;
            smallest = Instant.Min(smallest, watermark);
        }
        return smallest;
    }
}
