using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.DeadLetters;
using StreamAgg.Pipeline.Log;
using StreamAgg.Simulation.Chance;
using StreamAgg.Simulation.Log;
using StreamAgg.Simulation.Proof;
using StreamAgg.Simulation.Time;
using StreamAgg.Simulation.Tracing;

namespace StreamAgg.Simulation.Letters;

/// <summary>A member's dead-letter producer: letters are stored later, one by one; what a dead process had not stored is gone.</summary>
internal sealed class SimDeadLetters(
    SimConsumer consumer, Scheduler scheduler, SimProcess process, Prng chance, LetterBook letters, DeliveryBook book, LetterWeather weather,
    Happenings happenings)
    : IDeadLetterSink
{
    /// <summary>What a letter takes besides its own bytes, as a client would count it.</summary>
    public const int OverheadBytes = 2_000;

    private readonly Queue<(LogEntry Entry, TrueRefusal Refusal, long Bytes)> pending = [];
    private readonly List<(long Count, TaskCompletionSource Done)> flushes = [];
    private long sent;
    private long stored;
    private bool isStoring;

    public long PendingLetters => pending.Count;

    public long PendingBytes { get; private set; }

    public void Send(in LogRecord record, ReadOnlySpan<Refusal> refusals, Instant refusedAt)
    {
        LogEntry entry = consumer.Delivering ?? throw new InvalidOperationException("a letter was sent outside of a delivery");
        foreach (ref readonly Refusal refusal in refusals)
        {
            sent++;
            happenings.Count(Happening.DeadLetter);
            long bytes = refusal.Length + record.Key.Length + OverheadBytes + weather.ExtraBytes;
            PendingBytes += bytes;
            pending.Enqueue((entry, new TrueRefusal(refusal.EventIndex, refusal.Reason, refusal.Events), bytes));
        }
        StoreLater();
    }

    /// <remarks>The first thing that a checkpoint does, in the instant of its cut: so this is where the book is told of it.</remarks>
    public Task FlushAsync(CancellationToken cancellation)
    {
        book.Cut(process.Name);
        if (weather.IsRefusing && stored != sent)
        {
            happenings.Count(Happening.LettersRefused);
            return Task.FromException(new LogFatalException("the dead-letter topic is gone"));
        }
        if (stored == sent)
            return Task.CompletedTask;
        var done = new TaskCompletionSource();
        flushes.Add((sent, done));
        return cancellation.CanBeCanceled ? done.Task.WaitAsync(cancellation) : done.Task;
    }

    private void StoreLater()
    {
        if (isStoring)
            return;
        isStoring = true;
        scheduler.After(process, chance.Skewed(200, 20_000), StoreNext);
    }

    private void StoreNext()
    {
        isStoring = false;
        if (weather.IsDiskFull || weather.IsRefusing)
        {
            happenings.Count(Happening.DeadLettersStuck);
            isStoring = true;
            scheduler.After(process, chance.Between(50_000, 500_000), StoreNext);
            return;
        }

        var (entry, refusal, bytes) = pending.Dequeue();
        PendingBytes -= bytes;
        stored++;
        letters.Add(entry, refusal);
        if (pending.Count > 0)
            StoreLater();
        for (int i = flushes.Count - 1; i >= 0; i--)
        {
            if (flushes[i].Count > stored)
                continue;
            TaskCompletionSource done = flushes[i].Done;
            flushes.RemoveAt(i);
            done.SetResult();
        }
    }
}

internal sealed class LetterWeather
{
    /// <summary>Nothing is taken until it ends.</summary>
    public bool IsDiskFull { get; set; }

    /// <summary>The topic is gone: who waits for a letter is told that it never arrives.</summary>
    public bool IsRefusing { get; set; }

    /// <summary>What every letter seems to take besides its own bytes: makes a few letters as heavy as the bound on memory.</summary>
    public long ExtraBytes { get; init; }
}

/// <summary>Every letter that was stored, by the record and its refusal.</summary>
internal sealed class LetterBook
{
    private readonly HashSet<(LogEntry Entry, TrueRefusal Refusal)> stored = [];

    public void Add(LogEntry entry, TrueRefusal refusal) => stored.Add((entry, refusal));

    public bool Has(LogEntry entry, TrueRefusal refusal) => stored.Contains((entry, refusal));
}
