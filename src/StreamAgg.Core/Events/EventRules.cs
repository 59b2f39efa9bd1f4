using System.Runtime.InteropServices;
using System.Text.Json;
using StreamAgg.Core.Time;

namespace StreamAgg.Core.Events;

/// <summary>Judges the fields of one complete event, in the order in which reasons are given: the first one that holds is the refusal's.</summary>
/// <remarks>Keeps the labels of a record's accepted events. Not thread-safe: one a decoder.</remarks>
internal sealed class EventRules(TimeSpan maxFuture)
{
    public const int MaxLabelCodePoints = 50;
    public const long MaxDurationMicros = 86_400_000_000;

    /// <summary>Buffers that one huge record has grown past this are given back.</summary>
    private const int MaxKeptBytes = 1 << 18;

    private static readonly Instant Oldest = Instant.FromUtc(new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc));

    /// <summary>No calendar that the rows go to (DateTime, JSON) holds a later one, so a garbled record timestamp must not vouch for it.</summary>
    private static readonly Instant Latest = Instant.FromUtc(DateTime.MaxValue);

    private readonly RawField[] fields = new RawField[(int)Field.Ignored];

    private byte[] labels = new byte[1024];
    private int labelsUsed;
    private byte[] scratch = new byte[1024];

    public string Reason { get; private set; } = "";

    public string Detail { get; private set; } = "";

    /// <summary>The event's values, by <see cref="Field"/>: to be cleared and filled before it is judged.</summary>
    public Span<RawField> Fields => fields;

    public ReadOnlySpan<byte> Label(in DecodedEvent accepted) => labels.AsSpan(accepted.LabelStart, accepted.LabelLength);

    /// <summary>Forgets the labels of the record before.</summary>
    public void BeginRecord()
    {
        labelsUsed = 0;
        if (labels.Length > MaxKeptBytes)
            labels = new byte[1024];
        if (scratch.Length > MaxKeptBytes)
            scratch = new byte[1024];
    }

    /// <summary>Unescapes into a buffer that is good until the next call.</summary>
    /// <returns>False where a surrogate stands alone.</returns>
    public bool TryUnescape(ReadOnlySpan<byte> escaped, out ReadOnlySpan<byte> text)
    {
        Reserve(ref scratch, 0, escaped.Length);
        bool isUnicode = JsonString.TryUnescape(escaped, scratch, out int written);
        text = scratch.AsSpan(0, written);
        return isUnicode;
    }

    /// <returns>False where the event is refused: <see cref="Reason"/> and <see cref="Detail"/> say why.</returns>
    public bool TryJudge(ReadOnlySpan<byte> record, Instant? recordTime, ref DecodedEvent judged)
    {
        int labelsBefore = labelsUsed;
        bool accepted = TryTime(record, recordTime, ref judged.Time)
            && TryLabelTypes(record, out Field labelField)
            && TryDuration(record, out judged.DurationMicros)
            && TryStatus(record, out judged.Status)
            && TryTimeout(record, out judged.IsTimeout)
            && TryLabel(record, labelField, ref judged)
            && TryAge(judged.Time, recordTime);
        if (!accepted)
            labelsUsed = labelsBefore;
        return accepted;
    }

    private bool TryTime(ReadOnlySpan<byte> record, Instant? recordTime, ref Instant time)
    {
        ref readonly RawField field = ref fields[(int)Field.CreatedAt];
        if (field.IsMissing)
        {
            if (recordTime is null)
                return BadField(Field.CreatedAt, "neither the event nor its record has a time");
            time = recordTime.GetValueOrDefault();
            return true;
        }
        if (field.Type == JsonTokenType.String)
            return Rfc3339.TryParse(Text(record, field), out time) || BadField(Field.CreatedAt, record, "RFC 3339 with a zone, such as 2025-01-31T10:00:00Z");
        if (field.Type == JsonTokenType.Number)
        {
            JsonNumber milliseconds = JsonNumber.Parse(field.Text(record), decimals: 0);
            time = Instant.FromUnixMilliseconds(milliseconds.Signed);
            return !milliseconds.HasRest || BadField(Field.CreatedAt, record, "whole milliseconds since 1970");
        }
        return BadField(Field.CreatedAt, record, "RFC 3339 text or whole milliseconds since 1970");
    }

    /// <summary>All three are judged, although only the first that is there becomes the label.</summary>
    private bool TryLabelTypes(ReadOnlySpan<byte> record, out Field labelField)
    {
        labelField = Field.Ignored;
        for (Field candidate = Field.AccountPlatform; candidate >= Field.Platform; candidate--)
            if (!fields[(int)candidate].IsMissing)
                labelField = candidate;
        if (labelField == Field.Ignored)
            return true;
        for (Field candidate = labelField; candidate <= Field.AccountPlatform; candidate++)
        {
            ref readonly RawField field = ref fields[(int)candidate];
            if (field.IsMissing)
                continue;
            if (field.Type != JsonTokenType.String)
                return BadField(candidate, record, "a string or null");
            if (field.Escaped && !TryUnescape(field.Text(record), out _))
                return BadField(candidate, record, "Unicode text: half of a surrogate pair stands alone");
        }
        return true;
    }

    private bool TryDuration(ReadOnlySpan<byte> record, out long micros)
    {
        micros = DecodedEvent.NoDuration;
        ref readonly RawField field = ref fields[(int)Field.DurationMs];
        if (field.IsMissing)
            return true;
        if (field.Type != JsonTokenType.Number)
            return BadField(Field.DurationMs, record, "a number or null");
        JsonNumber exact = JsonNumber.Parse(field.Text(record), decimals: 3);
        if (exact.IsNegative || exact.Whole > MaxDurationMicros || (exact.Whole == MaxDurationMicros && exact.HasRest))
            return BadField(Field.DurationMs, record, "0 to 86400000");
        micros = exact.Whole + (exact.NextDigit >= 5 ? 1 : 0);
        return true;
    }

    private bool TryStatus(ReadOnlySpan<byte> record, out StatusClass status)
    {
        status = StatusClass.Other;
        ref readonly RawField field = ref fields[(int)Field.StatusCode];
        if (field.IsMissing)
            return true;
        if (field.Type != JsonTokenType.Number)
            return BadField(Field.StatusCode, record, "an integer or null");
        JsonNumber code = JsonNumber.Parse(field.Text(record), decimals: 0);
        if (code.HasRest)
            return BadField(Field.StatusCode, record, "an integer or null");
        status = code.Signed switch
        {
            >= 500 => StatusClass.ServerError,
            >= 400 => StatusClass.ClientError,
            _ => StatusClass.Other,
        };
        return true;
    }

    private bool TryTimeout(ReadOnlySpan<byte> record, out bool isTimeout)
    {
        isTimeout = false;
        ref readonly RawField type = ref fields[(int)Field.ErrorType];
        if (!type.IsMissing && type.Type != JsonTokenType.String)
            return BadField(Field.ErrorType, record, "a string or null");
        ref readonly RawField message = ref fields[(int)Field.ErrorMessage];
        if (!message.IsMissing && message.Type != JsonTokenType.String)
            return BadField(Field.ErrorMessage, record, "a string or null");
        ref readonly RawField said = ref fields[(int)Field.IsTimeout];
        if (said.IsMissing)
            isTimeout = (!type.IsMissing && TimeoutRule.IsTimeoutType(Text(record, type)))
                || (!message.IsMissing && TimeoutRule.IsTimeoutMessage(Text(record, message)));
        else if (said.Type is JsonTokenType.True or JsonTokenType.False)
            isTimeout = said.Type == JsonTokenType.True;
        else
            return BadField(Field.IsTimeout, record, "true, false or null");
        return true;
    }

    private bool TryLabel(ReadOnlySpan<byte> record, Field labelField, ref DecodedEvent judged)
    {
        judged.LabelStart = labelsUsed;
        judged.LabelLength = 0;
        if (labelField == Field.Ignored)
            return true;
        ref readonly RawField field = ref fields[(int)labelField];
        ReadOnlySpan<byte> label = Text(record, field);
        if (label.Length > MaxLabelCodePoints && CodePoints(label) is > MaxLabelCodePoints and var count)
            return Refuse(RefusalReason.BadPlatform, $"the label has {count} code points, at most {MaxLabelCodePoints} fit: {RefusalDetail.Excerpt(record, field)}");
        if (field.Escaped && label.Contains((byte)0))
            return Refuse(RefusalReason.BadPlatform, $"the label has U+0000 in it: {RefusalDetail.Excerpt(record, field)}");
        // A copy of a few bytes costs less than telling apart, at every reader, labels that lie in the record from those that were unescaped.
        Reserve(ref labels, labelsUsed, label.Length);
        label.CopyTo(labels.AsSpan(labelsUsed));
        judged.LabelLength = label.Length;
        labelsUsed += label.Length;
        return true;
    }

    private bool TryAge(Instant time, Instant? recordTime)
    {
        if (time < Oldest)
            return Refuse(RefusalReason.TooOld, $"{time} is before {Oldest}");
        if (time > Latest)
            return Refuse(RefusalReason.InFuture, $"after {Latest}, the last time that there is a row for");
        // Subtracted, not added: a timestamp near the end of time must not overflow.
        if (recordTime is { } written && time > written && (ulong)(time.UnixTicks - written.UnixTicks) > (ulong)maxFuture.Ticks)
            return Refuse(RefusalReason.InFuture, $"{time} is more than {maxFuture} ahead of the record's timestamp {written}");
        return true;
    }

    /// <summary>The string's text; half a surrogate pair reads as U+FFFD.</summary>
    private ReadOnlySpan<byte> Text(ReadOnlySpan<byte> record, in RawField field)
    {
        ReadOnlySpan<byte> text = field.Text(record);
        if (field.Escaped)
            _ = TryUnescape(text, out text);
        return text;
    }

    private static int CodePoints(ReadOnlySpan<byte> utf8)
    {
        int count = 0;
        // Every byte but the second and later ones of a sequence, which are the smallest signed bytes, begins a code point.
        foreach (sbyte unit in MemoryMarshal.Cast<byte, sbyte>(utf8))
            count += unit >= -64 ? 1 : 0;
        return count;
    }

    private bool BadField(Field field, ReadOnlySpan<byte> record, string expected) =>
        BadField(field, $"{FieldName.Of(field)} must be {expected}, not {RefusalDetail.Excerpt(record, fields[(int)field])}");

    private bool BadField(Field field, string detail) => Refuse(FieldName.BadField(field), detail);

    private bool Refuse(string reason, string detail)
    {
        (Reason, Detail) = (reason, detail);
        return false;
    }

    private static void Reserve(ref byte[] buffer, int used, int more)
    {
        if (buffer.Length - used < more)
            Array.Resize(ref buffer, Math.Max(buffer.Length * 2, used + more));
    }
}
