using System.Runtime.InteropServices;
using System.Text.Json;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Shapes;
using StreamAgg.Core.Time;

namespace StreamAgg.Core.Events;

/// <summary>Judges the fields of one complete event, in the order in which reasons are given: the first one that holds is the refusal's.</summary>
/// <remarks>Keeps the labels of a record's accepted events. Not thread-safe: one a decoder.</remarks>
internal sealed partial class EventRules(TimeSpan maxFuture, EventOptions options)
{
    public const int MaxLabelCodePoints = 50;

    /// <summary>As many code points at four bytes each.</summary>
    public const int MaxLabelBytes = MaxLabelCodePoints * 4;

    /// <summary>Buffers that one huge record has grown past this are given back.</summary>
    private const int MaxKeptBytes = 1 << 18;

    private static readonly Instant Oldest = Instant.FromUtc(new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc));

    /// <summary>No calendar that the rows go to (DateTime, JSON) holds a later one, so a garbled record timestamp must not vouch for it.</summary>
    private static readonly Instant Latest = Instant.FromUtc(DateTime.MaxValue);

    private readonly DimensionLabels? dimensions = DimensionLabels.Of(options);
    private readonly RawField[] fields = new RawField[(int)Field.Ignored + 1 + DimensionLabels.DimensionsOf(options).Count()];
    private byte[] labels = new byte[1024];
    private int labelsUsed;
    private byte[] scratch = new byte[1024];
    private DurationsLeftOut leftOutHere;
    private bool explains;
    private Rfc3339.LastDate lastDate;

    /// <summary>What the record's events are.</summary>
    public EventKind Kind { get; private set; }

    /// <summary>Why the last event was refused.</summary>
    public string Reason { get; private set; } = "";

    /// <summary>The accepted events of the record that count without the duration they came with.</summary>
    public DurationsLeftOut LeftOut { get; private set; }

    /// <summary>The event's values, by <see cref="Field"/>: to be cleared and filled before it is judged.</summary>
    public RawField[] Fields => fields;

    private string Detail { get; set; } = "";

    public ReadOnlySpan<byte> Label(in DecodedEvent accepted) => labels.AsSpan(accepted.LabelStart, accepted.LabelLength);

    public EventLabels Labels(in DecodedEvent accepted) =>
        dimensions is null ? new(Label(accepted)) : dimensions.LabelsOf(Label(accepted), accepted);

    /// <summary>What is read, by kind of event.</summary>
    public FieldNames[] Names => dimensions?.Names ?? EventFields.NamesOf;

    /// <summary>A timestamp from before 2000 is what producers and brokers write that have none.</summary>
    public static Instant? RecordTime(long? milliseconds) =>
        milliseconds is { } value && Instant.FromUnixMilliseconds(value) is var time && time >= Oldest ? time : null;

    /// <summary>Forgets what it kept of the record before, or of this one where it is refused whole.</summary>
    /// <param name="kind">What its events are.</param>
    public void BeginRecord(EventKind kind)
    {
        Kind = kind;
        labelsUsed = 0;
        dimensions?.BeginRecord();
        LeftOut = default;
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

    /// <returns>False where the event is refused: <see cref="Reason"/> says why.</returns>
    public bool TryJudge(ReadOnlySpan<byte> record, Instant? recordTime, ref DecodedEvent judged)
    {
        int labelsBefore = labelsUsed;
        (leftOutHere, judged.IsFailure, judged.HasAmounts) = (default, false, false);
        bool accepted = TryTime(record, recordTime, ref judged.Time)
            && TryLabels(record, out Field labelField)
            && TryNumbers(record, EventFields.Duration, EventFields.Ttft, ref judged)
            && TryStatus(record, ref judged, out long status)
            && TryTimeout(record, status is 408 or 504, out judged.IsTimeout)
            && TryOutcome(record, ref judged)
            && TryClass(record, status, ref judged)
            && TryNumbers(record, EventFields.Ttft, numbers.Length, ref judged)
            && (dimensions is null || dimensions.TryRead(this, record))
            && TryLabel(record, labelField, ref judged)
            && TryAge(record, judged.Time, recordTime);
        if (!accepted)
            labelsUsed = labelsBefore;
        else
            Keep(ref judged);
        return accepted;
    }

    /// <summary>What a person is told of the event just refused: judged once more, for most refusals of a large record are only counted.</summary>
    public string Explain(ReadOnlySpan<byte> record, Instant? recordTime)
    {
        DecodedEvent refused = default;
        explains = true;
        TryJudge(record, recordTime, ref refused);
        explains = false;
        return Detail;
    }

    private void Keep(ref DecodedEvent accepted)
    {
        if (leftOutHere != default)
            LeftOut += leftOutHere;
        dimensions?.Add(Label(accepted), ref accepted);
    }

    private bool TryTime(ReadOnlySpan<byte> record, Instant? recordTime, ref Instant time)
    {
        ref readonly RawField field = ref fields[(int)Field.CreatedAt];
        if (field.IsMissing)
        {
            time = recordTime.GetValueOrDefault();
            return recordTime is not null || BadField(Field.CreatedAt, explains ? "neither the event nor its record has a time" : "");
        }
        if (field.Type == JsonTokenType.String)
        {
            ReadOnlySpan<byte> text = Text(record, field);
            if (Rfc3339.TryParse(text, ref lastDate, out time))
                return true;
            if (!JsonNumber.IsNumber(text))
                return BadField(Field.CreatedAt, explains ? CreatedAtDetail.Of(text) : "");
        }
        if (!TryNumber(record, field, out ReadOnlySpan<byte> number))
            return BadField(Field.CreatedAt, record, "RFC 3339 text or a number");
        return EpochTime.TryRead(number, options.TimeUnit, out time)
            || (explains && EpochTime.Misread(number, options.TimeUnit) is { } misread
                ? BadField(Field.CreatedAt, misread)
                : BadField(Field.CreatedAt, record, $"whole {EpochTime.NameOf(options.TimeUnit)} since 1970"));
    }

    /// <summary>All three are judged, although only the first that is there becomes the label.</summary>
    private bool TryLabels(ReadOnlySpan<byte> record, out Field labelField)
    {
        labelField = Field.Ignored;
        for (Field candidate = Field.Platform; candidate <= Field.AccountPlatform; candidate++)
        {
            ref readonly RawField field = ref fields[(int)candidate];
            if (field.IsMissing)
                continue;
            bool isThere = true;
            if (field.Type == JsonTokenType.String)
            {
                ReadOnlySpan<byte> text = field.Text(record);
                if (field.Escaped && !TryUnescape(text, out text))
                    return BadField(candidate, record, "Unicode text: half of a surrogate pair stands alone");
                isThere = LabelText.Trim(text).Length > 0;
            }
            else if (field.Type != JsonTokenType.Number)
            {
                return BadField(candidate, record, "a string, a number or null");
            }
            if (isThere && labelField == Field.Ignored)
                labelField = candidate;
        }
        return true;
    }

    private bool TryTimeout(ReadOnlySpan<byte> record, bool isTimeoutStatus, out bool isTimeout)
    {
        ref readonly RawField said = ref fields[(int)Field.IsTimeout];
        if (!said.IsMissing)
            return TryBoolean(record, said, out isTimeout) || BadField(Field.IsTimeout, record, "true, false, 1, 0 or null");
        ref readonly RawField type = ref fields[(int)Field.ErrorType], message = ref fields[(int)Field.ErrorMessage];
        isTimeout = isTimeoutStatus
            || (type.Type == JsonTokenType.String && TimeoutRule.IsTimeoutType(Text(record, type)))
            || (!message.IsMissing && TimeoutRule.IsTimeoutMessage(Text(record, message)));
        return true;
    }

    /// <summary>What the topic does not say the event does: a failure by itself, by its status, or by an error that it names.</summary>
    private bool TryOutcome(ReadOnlySpan<byte> record, ref DecodedEvent judged)
    {
        judged.IsFailure = Kind == EventKind.Error;
        if (Kind != EventKind.Request)
            return true;
        ref readonly RawField said = ref fields[(int)Field.Success], type = ref fields[(int)Field.ErrorType];
        if (said.IsMissing)
            judged.IsFailure = judged.Status != StatusClass.Other || (type.Type == JsonTokenType.String && !type.IsMissing)
                || !fields[(int)Field.ErrorMessage].IsMissing;
        else if (!TryBoolean(record, said, out bool isSuccess))
            return BadField(Field.Success, record, "true, false, 1, 0 or null");
        else
            judged.IsFailure = !isSuccess;
        if (judged.IsFailure)
            (judged.DurationMicros, leftOutHere) = (DecodedEvent.NoDuration, default);
        else
            (judged.Status, judged.IsTimeout) = (StatusClass.Other, false);
        return true;
    }

    private bool TryLabel(ReadOnlySpan<byte> record, Field labelField, ref DecodedEvent judged)
    {
        judged.LabelStart = labelsUsed;
        judged.LabelLength = 0;
        if (labelField == Field.Ignored)
            return true;
        ref readonly RawField field = ref fields[(int)labelField];
        ReadOnlySpan<byte> label = LabelText.Trim(Text(record, field));
        if (label.Length > MaxLabelCodePoints && CodePoints(label) is > MaxLabelCodePoints and var count)
            return Refuse(
                RefusalReason.BadPlatform,
                explains ? $"the label has {count} code points, at most {MaxLabelCodePoints} fit: {RefusalDetail.Excerpt(record, field)}" : "");
        if (field.Escaped && label.Contains((byte)0))
            return Refuse(RefusalReason.BadPlatform, explains ? $"the label has U+0000 in it: {RefusalDetail.Excerpt(record, field)}" : "");
        // A copy of a few bytes costs less than telling apart, at every reader, labels that lie in the record from those that were unescaped.
        Reserve(ref labels, labelsUsed, MaxLabelBytes);
        Span<byte> kept = labels.AsSpan(labelsUsed);
        if (options.LabelCase == LabelCase.Lower)
        {
            judged.LabelLength = LabelText.ToLower(label, kept);
        }
        else
        {
            label.CopyTo(kept);
            judged.LabelLength = label.Length;
        }
        labelsUsed += judged.LabelLength;
        return true;
    }

    private bool TryAge(ReadOnlySpan<byte> record, Instant time, Instant? recordTime)
    {
        if (time < Oldest)
            return Refuse(RefusalReason.TooOld, explains ? MisreadTime(record) ?? $"{time} is before {Oldest}" : "");
        if (time > Latest)
            return Refuse(RefusalReason.InFuture, explains ? MisreadTime(record) ?? $"after {Latest}, the last time that there is a row for" : "");
        if (recordTime is { } read && options.MaxAge is { } age && read > time && (ulong)(read.UnixTicks - time.UnixTicks) > (ulong)age.Ticks)
            return Refuse(RefusalReason.TooOld,
                explains ? MisreadTime(record) ?? $"{time} is more than {age} (Retention) before the record's timestamp {read}" : "");
        // Subtracted, not added: a timestamp near the end of time must not overflow.
        if (recordTime is { } written && time > written && (ulong)(time.UnixTicks - written.UnixTicks) > (ulong)maxFuture.Ticks)
            return Refuse(RefusalReason.InFuture, explains ? $"{time} is more than {maxFuture} ahead of the record's timestamp {written}" : "");
        return true;
    }

    /// <summary>Null where the time is no number, or one that is no time of our days in any unit.</summary>
    private string? MisreadTime(ReadOnlySpan<byte> record)
    {
        ref readonly RawField field = ref fields[(int)Field.CreatedAt];
        return !field.IsMissing && TryNumber(record, field, out ReadOnlySpan<byte> number) ? EpochTime.Misread(number, options.TimeUnit) : null;
    }

    /// <summary>The string's text, in which half a surrogate pair reads as U+FFFD; of any other value the text as written.</summary>
    private ReadOnlySpan<byte> Text(ReadOnlySpan<byte> record, in RawField field)
    {
        ReadOnlySpan<byte> text = field.Text(record);
        if (field.Escaped)
            _ = TryUnescape(text, out text);
        return text;
    }

    internal static int CodePoints(ReadOnlySpan<byte> utf8)
    {
        int count = 0;
        // Every byte but the second and later ones of a sequence, which are the smallest signed bytes, begins a code point.
        foreach (sbyte unit in MemoryMarshal.Cast<byte, sbyte>(utf8))
            count += unit >= -64 ? 1 : 0;
        return count;
    }

    private bool BadField(Field field, ReadOnlySpan<byte> record, string expected) =>
        BadField(
            field, explains ? $"{EventFields.All[(int)field].Name} must be {expected}, not {RefusalDetail.Excerpt(record, fields[(int)field])}" : "");

    internal bool BadDimension(string name, string reason, ReadOnlySpan<byte> record, in RawField field, string expected) =>
        Refuse(reason, explains ? $"{name} must be {expected}, not {RefusalDetail.Excerpt(record, field)}" : "");

    private bool BadField(Field field, string detail) => Refuse(EventFields.All[(int)field].Reason, detail);

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
