using StreamAgg.Core.Events;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;

namespace StreamAgg.Pipeline.DeadLetters;

/// <summary>Where refused events go. Written at least once, before the checkpoint that passes them.</summary>
public interface IDeadLetterSink
{
    /// <summary>Takes the letter over and returns at once; the bytes are copied.</summary>
    void Send(in LogRecord record, in Refusal refusal, Instant refusedAt);

    /// <summary>Completes when every letter sent before this call is stored. Waits as long as it takes; a letter is never given up.</summary>
    /// <exception cref="LogFatalException">The topic can't be written (missing, not authorised): the message names the remedy.</exception>
    Task FlushAsync(CancellationToken cancellation);

    /// <summary>Bytes taken over and not stored yet: what a member holds its reading against.</summary>
    long PendingBytes { get; }
}
