using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Pipeline.DeadLetters;

/// <summary>Where refused events go. Written at least once, before the checkpoint that passes them.</summary>
public interface IDeadLetterSink
{
    /// <summary>Takes over a letter for each refusal of a record, at once; the bytes are copied, and what letters have in common once.</summary>
    void Send(in LogRecord record, ReadOnlySpan<Refusal> refusals, Instant refusedAt);

    /// <summary>Completes when every letter sent before this call is stored. Waits as long as it takes; a letter is never given up.</summary>
    /// <exception cref="LogFatalException">The topic can't be written (missing, not authorised): the message names the remedy.</exception>
    Task FlushAsync(CancellationToken cancellation);

    /// <summary>Letters taken over and not stored yet.</summary>
    long PendingLetters { get; }

    /// <summary>
    /// What letters that were taken over and are not stored yet take in memory, with all that is held beside their bytes: what a member
    /// holds its reading against.
    /// </summary>
    long PendingBytes { get; }
}
