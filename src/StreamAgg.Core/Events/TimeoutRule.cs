using System.Text;

namespace StreamAgg.Core.Events;

/// <summary>Tells a timeout by what the gateway wrote, for events that do not say it themselves.</summary>
internal static class TimeoutRule
{
    /// <summary>The letters that are rarest in the two phrases, in both cases: m of "timeout", x of "deadline exceeded".</summary>
    private static ReadOnlySpan<byte> Anchors => "mMxX"u8;

    private const int AnchorInTimeout = 2;
    private const int AnchorInDeadline = 10;

    public static bool IsTimeoutType(ReadOnlySpan<byte> errorType) => errorType.SequenceEqual("timeout"u8) || errorType.SequenceEqual("timeout_error"u8);

    /// <summary>Contains "timeout" or "deadline exceeded" in any ASCII letter case.</summary>
    public static bool IsTimeoutMessage(ReadOnlySpan<byte> errorMessage)
    {
        // A vectorised search for the anchors passes over most of a message; the phrase is compared only around one.
        for (int from = 0; ;)
        {
            int hit = errorMessage[from..].IndexOfAny(Anchors);
            if (hit < 0)
                return false;
            int at = from + hit;
            bool found = (errorMessage[at] | 0x20) == 'm'
                ? HasPhrase(errorMessage, at - AnchorInTimeout, "timeout"u8)
                : HasPhrase(errorMessage, at - AnchorInDeadline, "deadline exceeded"u8);
            if (found)
                return true;
            from = at + 1;
        }
    }

    private static bool HasPhrase(ReadOnlySpan<byte> text, int start, ReadOnlySpan<byte> phrase) =>
        start >= 0 && text.Length - start >= phrase.Length && Ascii.EqualsIgnoreCase(text.Slice(start, phrase.Length), phrase);
}
