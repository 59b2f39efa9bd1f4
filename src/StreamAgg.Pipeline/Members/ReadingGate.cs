using StreamAgg.Pipeline.Log;

namespace StreamAgg.Pipeline.Members;

/// <summary>Stops the reading while too much is held, and lets it go on at half of that: memory stays bounded through any outage.</summary>
/// <param name="members">How many members of the process share the bound on bytes.</param>
internal sealed class ReadingGate(IEventLog log, MemberBounds bounds, int members)
{
    private readonly long maxHeldBytes = bounds.HeldBytes / members;

    public bool IsPaused { get; private set; }

    /// <summary>How long a partial may stay awake for its next event: the less room there is, the shorter.</summary>
    public TimeSpan RestAfter(in Holdings held) =>
        IsPaused ? TimeSpan.Zero : held.Bytes > maxHeldBytes / 2 ? TimeSpan.FromTicks(1) : TimeSpan.FromSeconds(30);

    /// <summary>
    /// True where nothing more may be read before something was saved. Where all is saved and at rest and still too much, waiting would
    /// be for ever: then it is read on, and what wakes closes the gate again.
    /// </summary>
    public bool IsFull(in Holdings held) => held.CanShrink
        && (held.Bytes >= maxHeldBytes || held.UnsavedPartials >= bounds.UnsavedPartials || held.PendingLetterBytes >= bounds.PendingLetterBytes);

    public void Update(in Holdings held)
    {
        if (!IsPaused && IsFull(held))
        {
            log.Pause();
            IsPaused = true;
        }
        else if (IsPaused && (IsHalfFree(held) || !held.CanShrink))
        {
            log.Resume();
            IsPaused = false;
        }
    }

    /// <summary>Between two updates, in the middle of what one poll delivers.</summary>
    public void CloseOnLetters(long pendingBytes)
    {
        if (!IsPaused && pendingBytes >= bounds.PendingLetterBytes)
        {
            log.Pause();
            IsPaused = true;
        }
    }

    private bool IsHalfFree(in Holdings held) =>
        held.Bytes <= maxHeldBytes / 2 && held.UnsavedPartials <= bounds.UnsavedPartials / 2
            && held.PendingLetterBytes <= bounds.PendingLetterBytes / 2;
}

/// <summary>What a member holds at one instant.</summary>
/// <param name="Bytes">Of partials, of the checkpoint on its way, and of dead letters.</param>
/// <param name="UnsavedPartials">Those that no committed checkpoint holds as they are.</param>
/// <param name="PendingLetterBytes">Refused and not stored yet.</param>
/// <param name="CanShrink">Whether a checkpoint, its verdict or a stored letter would make it less.</param>
internal readonly record struct Holdings(long Bytes, int UnsavedPartials, long PendingLetterBytes, bool CanShrink);
