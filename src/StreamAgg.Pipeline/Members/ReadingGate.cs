using StreamAgg.Pipeline.DeadLetters;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Pipeline.Members;

/// <summary>Stops the reading while too much is unsaved, and lets it go on at half of that: memory stays bounded through any outage.</summary>
internal sealed class ReadingGate(IEventLog log, IDeadLetterSink deadLetters, int maxDirtyPartials)
{
    /// <summary>
    /// Partials that changed since their last commit. At under 2 kB each (a digest is at most 1.25 kB encoded) this is about 60 MB,
    /// and many minutes of ordinary traffic: 24 partitions, 5 platforms and 2 hours touch 240.
    /// </summary>
    public const int MaxDirtyPartials = 32_768;

    /// <summary>Refused bytes that the dead-letter topic has not taken yet.</summary>
    public const long MaxPendingLetterBytes = 16L << 20;

    public bool IsPaused { get; private set; }

    public bool IsFull(int dirtyPartials) => dirtyPartials >= maxDirtyPartials;

    public void Update(int dirtyPartials)
    {
        long pendingBytes = deadLetters.PendingBytes;
        if (!IsPaused && (IsFull(dirtyPartials) || pendingBytes >= MaxPendingLetterBytes))
        {
            log.Pause();
            IsPaused = true;
        }
        else if (IsPaused && dirtyPartials <= maxDirtyPartials / 2 && pendingBytes <= MaxPendingLetterBytes / 2)
        {
            log.Resume();
            IsPaused = false;
        }
    }
}
