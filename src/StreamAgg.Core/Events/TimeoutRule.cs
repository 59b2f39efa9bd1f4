using System.Text;

namespace StreamAgg.Core.Events;

/// <summary>Tells a timeout by what the gateway wrote, for events that do not say it themselves.</summary>
internal static class TimeoutRule
{
    /// <summary>The letters that are rarest in the phrases, in both cases: m of "tim…", x of "deadline exceeded".</summary>
    private static ReadOnlySpan<byte> Anchors => "mMxX"u8;

    private const int AnchorInTime = 2;
    private const int AnchorInDeadline = 10;

    /// <summary>Contains timeout, timed_out or timedout in any ASCII letter case.</summary>
    public static bool IsTimeoutType(ReadOnlySpan<byte> errorType) => Contains(errorType, isMessage: false);

    /// <summary>Contains one of these, "timed out" or "deadline exceeded".</summary>
    public static bool IsTimeoutMessage(ReadOnlySpan<byte> errorMessage) => Contains(errorMessage, isMessage: true);

    private static bool Contains(ReadOnlySpan<byte> text, bool isMessage)
    {
        // A vectorised search for the anchors passes over most of a message; a phrase is compared only around one.
        for (int from = 0; ;)
        {
            int hit = text[from..].IndexOfAny(Anchors);
            if (hit < 0)
                return false;
            int at = from + hit;
            if ((text[at] | 0x20) == 'm'
                ? HasTimeout(text, at - AnchorInTime, isMessage)
                : isMessage && HasPhrase(text, at - AnchorInDeadline, "deadline exceeded"u8))
                return true;
            from = at + 1;
        }
    }

    private static bool HasTimeout(ReadOnlySpan<byte> text, int start, bool isMessage) =>
        start >= 0 && (text[start] | 0x20) == 't' && (text[start + 1] | 0x20) == 'i'
        && (HasPhrase(text, start, "timeout"u8) || HasPhrase(text, start, "timed_out"u8) || HasPhrase(text, start, "timedout"u8)
            || (isMessage && HasPhrase(text, start, "timed out"u8)));

    private static bool HasPhrase(ReadOnlySpan<byte> text, int start, ReadOnlySpan<byte> phrase) =>
        start >= 0 && text.Length - start >= phrase.Length && Ascii.EqualsIgnoreCase(text.Slice(start, phrase.Length), phrase);
}
