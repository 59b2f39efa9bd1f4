using StreamAgg.Pipeline.DeadLetters;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Members;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Publishing;
using StreamAgg.Pipeline.Running;
using StreamAgg.Pipeline.Store;
using StreamAgg.Simulation.Letters;
using StreamAgg.Simulation.Log;
using StreamAgg.Simulation.Proof;
using StreamAgg.Simulation.Time;
using StreamAgg.Simulation.Traffic;

namespace StreamAgg.Simulation.Members;

/// <summary>One process with one member and its publisher: what <c>PipelineRunner</c> does with threads, done in steps.</summary>
internal sealed class SimMember : IDisposable
{
    private readonly World world;
    private readonly Member member;
    private readonly Publisher publisher;
    private readonly IDeadLetterSink sink;
    private readonly CancellationTokenSource ending = new();
    private readonly CancellationToken ended;
    private long stoppingSinceMicros = -1;

    public SimMember(World world, int slot, string name, PipelineOptions options)
    {
        this.world = world;
        ended = ending.Token;
        Slot = slot;
        Options = options;
        Process = new SimProcess(name, world.Scheduler);
        var chance = world.Chance.Fork();
        Consumer = new SimConsumer(name, world.Cluster, world.Group, world.Scheduler, chance, world.Book, world.Happenings, world.Trace)
        {
            BatchSize = world.Plan.PollBatch,
            RevocationTimeoutMicros = world.Plan.RevocationTimeoutMicros,
            RedeliverChance = world.Plan.RedeliverChance,
        };
        IAggregateStore store = world.Mutant.Store(world.NewStore(Process, options), Process.Name);
        ILogMetadata metadata = world.Mutant.Metadata(world.NewMetadata(Process), Consumer);
        IDeadLetterSink letters = world.Mutant.Letters(world.NewLetters(Process, Consumer));
        var time = new MemberClock(
            world.Scheduler, Process, new DateTimeOffset(world.Plan.Start.ToUtcDateTime()), TimeSpan.FromSeconds(chance.Between(-300, 300)));
        var services = new MemberServices
        {
            Options = options,
            Topics = World.Topics,
            Owner = name,
            Metadata = metadata,
            Store = store,
            DeadLetters = letters,
            Metrics = World.Metrics,
            Logger = world.Log.For(name),
            Time = time,
            Backoff = new Backoff(chance.Unit),
            Bounds = world.Plan.Bounds,
        };
        sink = letters;
        member = new Member(services, world.Mutant.Log(Consumer));
        publisher = new Publisher(services);
        Handler = world.Mutant.Handler(member);
    }

    public int Slot { get; }

    public PipelineOptions Options { get; }

    public SimProcess Process { get; }

    public SimConsumer Consumer { get; }

    public bool IsStopped { get; private set; }

    private ILogHandler Handler { get; }

    public void Start()
    {
        Consumer.Subscribe();
        world.Scheduler.After(Process, 0, Step);
        world.Scheduler.After(Process, 0, () => _ = PublishAsync());
    }

    /// <summary>SIGTERM: a last checkpoint, then out of the group.</summary>
    public void BeginStop()
    {
        if (stoppingSinceMicros >= 0)
            return;
        stoppingSinceMicros = world.Scheduler.NowMicros;
        member.BeginStop();
    }

    public void Dispose()
    {
        member.Dispose();
        ending.Dispose();
    }

    private void Step()
    {
        try
        {
            if (stoppingSinceMicros >= 0)
            {
                if (TryFinishStop())
                    return;
            }
            else
            {
                bool wasPaused = member.IsPaused;
                long delivered = Consumer.Delivered;
                Consumer.Poll(TimeSpan.Zero, Handler);
                if (wasPaused && member.IsPaused && Consumer.Delivered > delivered)
                    world.Fail(Invariants.Bounded, $"{Process.Name} reads on while it holds {member.Held().Bytes} bytes");
                Handler.Advance();
                CheckBounds();
                if (member.Fault is not null)
                    BeginStop();
            }
        }
        catch (Exception e)
        {
            // A thread that dies takes its process with it; whatever was thrown here nobody announced.
            world.Surprise(Process.Name, e);
            return;
        }
        // Nobody races for anything once faults have stopped: polls that find nothing would only make the world long.
        long shortest = world.IsCalm ? world.Plan.PollMicros / 2 : world.Plan.PollMicros / 10;
        long longest = world.IsCalm ? 2 * world.Plan.PollMicros : world.Plan.PollMicros;
        world.Scheduler.After(Process, world.Chance.Between(shortest, longest), Step);
    }

    /// <summary>What is held is what is counted; it may pass its bound by what one poll delivers, and then nothing is read until some of it was saved.</summary>
    private void CheckBounds()
    {
        MemberBounds bounds = world.Plan.Bounds;
        Holdings held = member.Held();
        if (held.Bytes != member.Recount())
            world.Fail(Invariants.Bounded, $"{Process.Name} holds {member.Recount()} bytes and believes {held.Bytes}");
        int overshoot = world.Plan.PollBatch * RecordMaker.MaxEvents * Options.Rollups.Count;
        if (held.UnsavedPartials > bounds.UnsavedPartials + overshoot)
            world.Fail(Invariants.Bounded, $"{Process.Name} holds {held.UnsavedPartials} unsaved partials, {bounds.UnsavedPartials} are allowed");
        // Letters close the gate in the middle of a poll: only the last record's pass the bound.
        long most = bounds.PendingLetterBytes + (RecordMaker.MaxEvents * (world.Plan.LetterExtraBytes + SimDeadLetters.OverheadBytes + RecordMaker.MaxBytes));
        if (sink.PendingBytes > most)
            world.Fail(Invariants.Bounded, $"{Process.Name} holds {sink.PendingBytes} bytes of letters, {bounds.PendingLetterBytes} are allowed");
    }

    private bool TryFinishStop()
    {
        Handler.Advance();
        bool isTimeUp = world.Scheduler.NowMicros - stoppingSinceMicros >= PipelineRunner.StopTimeout.TotalMicroseconds;
        // As PipelineRunner does: after a fatal answer of the brokers nothing more may be written.
        if (!member.IsAllReleased && !isTimeUp && member.Fault is not LogFatalException)
            return false;
        ending.Cancel();
        Consumer.Close(Handler);
        Dispose();
        IsStopped = true;
        world.Stopped(this, member.Fault);
        return true;
    }

    private async Task PublishAsync()
    {
        try
        {
            while (stoppingSinceMicros < 0)
            {
                await world.Scheduler.Delay(Process, (long)Options.CheckpointInterval.TotalMicroseconds);
                await publisher.PublishOnceAsync(ended);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // Told to stop: what is not published keeps its mark.
        }
        catch (Exception e)
        {
            // As in the poll loop: nothing but what the ports announce may come out.
            world.Surprise(Process.Name, e);
        }
    }
}
