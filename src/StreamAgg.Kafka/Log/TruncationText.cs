using System.Globalization;

namespace StreamAgg.Kafka.Log;

/// <summary>
/// Where a log that was cut off still agrees with what was read from it. The brokers answer that to the client (OffsetForLeaderEpoch), and
/// with <c>auto.offset.reset=error</c> the client passes it on in words only.
/// </summary>
internal static class TruncationText
{
    private const string Subject = "log truncation detected";
    private const string Answer = "broker end offset is ";

    /// <returns>Null where the text speaks of something else, or of an end that the brokers do not know.</returns>
    public static long? SharedEnd(string reason)
    {
        int at = reason.IndexOf(Answer, StringComparison.Ordinal);
        if (at < 0 || !reason.Contains(Subject, StringComparison.OrdinalIgnoreCase))
            return null;
        ReadOnlySpan<char> rest = reason.AsSpan(at + Answer.Length);
        int digits = rest.IndexOfAnyExceptInRange('0', '9');
        return long.TryParse(digits < 0 ? rest : rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out long end) ? end : null;
    }
}
