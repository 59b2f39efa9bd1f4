using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Shapes;
using StreamAgg.Core.Time;

namespace StreamAgg.Core.Events;

/// <summary>Reads the events of a record straight from its bytes.</summary>
/// <remarks>
/// What it says depends on the record and on the options alone, never on when it is asked. A record that is not well-formed to its
/// end counts nothing: events are staged until the last byte is read. Buffers are used again, so that an event that is accepted
/// allocates nothing once they have grown. Not thread-safe: one a member's thread.
/// </remarks>
public sealed class EventDecoder : IShapeSink
{
    /// <summary>The largest value of a record that is read: 1 MiB.</summary>
    public const int MaxRecordBytes = 1 << 20;

    /// <summary>Arrays, the one around the events too, and objects may lie within each other this deep.</summary>
    public const int MaxDepth = JsonScanner.MaxDepth;

    /// <summary>Buffers that one huge record has grown past this are given back.</summary>
    private const int MaxKeptEvents = 1 << 14;

    private static readonly JsonReaderOptions ReaderOptions = new() { AllowMultipleValues = true, MaxDepth = MaxDepth };

    private static readonly JsonReaderOptions InArrayOptions = new() { AllowMultipleValues = true, MaxDepth = MaxDepth - 1 };

    private readonly EventRules rules;
    private readonly ShapeReader?[] shapes;
    private readonly MemberLayout[] layouts = [.. EventKinds.All.Select(_ => new MemberLayout())];
    private readonly Refusals refusals = new();
    private DecodedEvent[] accepted = new DecodedEvent[16];
    private int acceptedCount;
    private int places, recordBytes;
    private Instant? recordTime;

    /// <param name="maxFuture">How far ahead of its record's timestamp an event may lie; 0 or more.</param>
    /// <param name="options">What numbers and labels mean; null for the defaults.</param>
    public EventDecoder(TimeSpan maxFuture, EventOptions? options = null)
    {
        options ??= new EventOptions();
        rules = new EventRules(maxFuture, options);
        shapes = [.. EventKinds.All.Select(kind => options.Shapes.GetValueOrDefault(kind.Kind)?.ReaderOf(options, kind.Kind, rules.Fields))];
    }

    /// <summary>The events that count, in the order in which they stand in the record. Valid until the next <see cref="Decode"/>.</summary>
    public ReadOnlySpan<DecodedEvent> Accepted => accepted.AsSpan(0, acceptedCount);

    /// <summary>
    /// What does not count, in the same order: an entry an event, and past a hundred events an entry a reason. Valid until the next
    /// <see cref="Decode"/>.
    /// </summary>
    public ReadOnlySpan<Refusal> Refused => refusals.Entries;

    /// <summary>How many events <see cref="Refused"/> stands for; a record that is refused whole is one.</summary>
    public int RefusedEvents => refusals.Events;

    /// <summary>How many of <see cref="Accepted"/> count without the duration that they came with, by reason.</summary>
    public DurationsLeftOut LeftOut => rules.LeftOut;

    /// <summary>How many times there was no event where one could be: a null, or nothing, at the root of a mapping.</summary>
    public int Skipped { get; private set; }

    /// <summary>The time of a record; null where it has none.</summary>
    /// <param name="recordTimestampMilliseconds">Since the Unix epoch; what lies before 2000 is written by producers and brokers that have
    /// none.</param>
    public static Instant? RecordTime(long? recordTimestampMilliseconds) => EventRules.RecordTime(recordTimestampMilliseconds);

    /// <summary>The label of one of <see cref="Accepted"/>: UTF-8, unescaped, 0 to 200 bytes. Valid until the next <see cref="Decode"/>.</summary>
    public ReadOnlySpan<byte> Label(in DecodedEvent e) => rules.Label(e);

    /// <summary>What one of <see cref="Accepted"/> is counted under, in each rollup. Valid until the next <see cref="Decode"/>.</summary>
    public EventLabels Labels(in DecodedEvent e) => rules.Labels(e);

    /// <summary>True where one value of a record may hold several events: their places tell them apart, and not their values.</summary>
    public bool HoldsMany(EventKind kind) => shapes[(int)kind] is { IsMany: true };

    /// <summary>Reads one record. Never throws for anything that stands in it.</summary>
    /// <param name="kind">What the record's topic says that its events are.</param>
    /// <param name="value">The record's value; empty where it has none.</param>
    /// <param name="recordTimestampMilliseconds">Since the Unix epoch; null where the record has no timestamp.</param>
    /// <param name="isTombstone">True where the record has no value, not even an empty one.</param>
    public void Decode(EventKind kind, ReadOnlySpan<byte> value, long? recordTimestampMilliseconds, bool isTombstone = false)
    {
        BeginRecord(kind, value.Length);
        if (isTombstone && shapes[(int)kind] is { HasRoot: true })
        {
            Skipped = 1;
            return;
        }
        recordTime = RecordTime(recordTimestampMilliseconds);
        int frame = SchemaFrame.LengthOf(value);
        // The scanner lets any byte pass within strings.
        if (!Utf8.IsValid(value[frame..]))
        {
            RefuseMalformed(value, $"not UTF-8 at byte {frame + FirstInvalidByte(value[frame..])}");
            return;
        }
        if (value.Length > MaxRecordBytes)
        {
            RefuseLargeRecord(value);
            return;
        }
        var scanner = new JsonScanner(value);
        scanner.Pass(frame);
        if (!TryRecord(ref scanner, kind, value))
            RefuseMalformed(value, WhatIsMalformed(value[frame..]) ?? "not JSON");
    }

    private void BeginRecord(EventKind kind, int bytes)
    {
        acceptedCount = 0;
        if (accepted.Length > MaxKeptEvents)
            accepted = new DecodedEvent[16];
        (Skipped, places, recordBytes) = (0, 0, bytes);
        refusals.BeginRecord(bytes, collapses: HoldsMany(kind));
        rules.BeginRecord(kind);
        shapes[(int)kind]?.BeginRecord();
    }

    /// <returns>False where it is malformed.</returns>
    private bool TryRecord(ref JsonScanner scanner, EventKind kind, ReadOnlySpan<byte> value)
    {
        bool isOneEvent = false, isEmpty = true;
        while (scanner.Peek() is not 0 and var first)
        {
            // What is alone in its record is refused with all the record's bytes.
            isOneEvent = isEmpty && first != '[';
            isEmpty = false;
            if (first != '[')
            {
                if (!TryEvent(ref scanner, kind, value, depth: 0))
                    return false;
                continue;
            }
            scanner.Pass();
            if (scanner.TryPass((byte)']'))
                continue;
            do
            {
                if (!TryEvent(ref scanner, kind, value, depth: 1))
                    return false;
            }
            while (scanner.TryPass((byte)','));
            if (!scanner.TryPass((byte)']'))
                return false;
        }
        if (isOneEvent)
            refusals.CoverRecord();
        return !isEmpty;
    }

    /// <summary>Takes the value that stands next.</summary>
    /// <returns>False where it is malformed.</returns>
    private bool TryEvent(ref JsonScanner scanner, EventKind kind, ReadOnlySpan<byte> value, int depth)
    {
        bool isObject = scanner.Peek() == '{';
        int start = scanner.Position;
        if (isObject && shapes[(int)kind] is { } shape)
            return TryMapped(ref scanner, shape, value, depth);
        if (!isObject)
        {
            if (!scanner.TryValue(depth, out _))
                return false;
            Refuse(RefusalReason.NotAnObject, RefusalDetail.NotAnObject, start, scanner.Position);
        }
        else if (!TryFields(ref scanner, kind, value, depth, out bool isKnown))
        {
            return false;
        }
        else if (isKnown)
        {
            Judge(value, start, scanner.Position);
        }
        else if (!refusals.TryCount(RefusalReason.UnknownShape, places))
        {
            Refuse(RefusalReason.UnknownShape, UnknownShape.Describe(value[start..scanner.Position], kind), start, scanner.Position);
        }
        places++;
        return true;
    }

    private bool TryMapped(ref JsonScanner scanner, ShapeReader shape, ReadOnlySpan<byte> value, int depth)
    {
        int start = scanner.Position;
        ReadOnlySpan<byte> rest = value[start..];
        var reader = new Utf8JsonReader(rest, depth == 0 ? ReaderOptions : InArrayOptions);
        ShapeRoot? root;
        try
        {
            reader.Read();
            root = shape.Read(ref reader, rest, shape.IsMany ? this : null);
        }
        catch (JsonException)
        {
            // What is wrong is asked of the whole record.
            return false;
        }
        scanner.Pass((int)reader.BytesConsumed);
        if (root is { } found)
            JudgeMapped(shape, found, start, scanner.Position);
        return true;
    }

    void IShapeSink.OnEvent(ShapeRoot root) => JudgeMapped(shapes[(int)rules.Kind]!, root, 0, recordBytes);

    private void JudgeMapped(ShapeReader shape, ShapeRoot root, int start, int end)
    {
        if (root == ShapeRoot.Absent)
            Skipped++;
        else if (root == ShapeRoot.Event)
            Judge(shape.Values, start, end);
        else if (root == ShapeRoot.NoObject)
            Refuse(RefusalReason.NotAnObject, RefusalDetail.NotAnObject, start, end);
        else if (!refusals.TryCount(RefusalReason.UnknownShape, places))
            Refuse(RefusalReason.UnknownShape, UnknownShape.Describe(shape.Unknown, rules.Kind), start, end);
        places++;
    }

    /// <param name="text">What the fields lie in.</param>
    /// <param name="start">Where the value that holds the event begins in the record.</param>
    /// <param name="end">Where it ends.</param>
    private void Judge(ReadOnlySpan<byte> text, int start, int end)
    {
        if (acceptedCount == accepted.Length)
            Array.Resize(ref accepted, acceptedCount * 2);
        ref DecodedEvent judged = ref accepted[acceptedCount];
        judged.Place = places;
        if (rules.TryJudge(text, recordTime, ref judged))
            acceptedCount++;
        else if (!refusals.TryCount(rules.Reason, places))
            Refuse(rules.Reason, rules.Explain(text, recordTime), start, end);
    }

    private void Refuse(string reason, string detail, int start, int end) =>
        refusals.Add(new Refusal(places, reason, detail, start, end - start));

    /// <param name="isKnown">False where not one of the fields that tell an event stands in the object, null or not.</param>
    /// <returns>False where the object is malformed.</returns>
    private bool TryFields(ref JsonScanner scanner, EventKind kind, ReadOnlySpan<byte> value, int depth, out bool isKnown)
    {
        Span<RawField> fields = rules.Fields;
        fields.Clear();
        isKnown = false;
        scanner.Pass();
        if (scanner.TryPass((byte)'}'))
            return true;
        MemberLayout layout = layouts[(int)kind];
        int place = 0;
        do
        {
            ReadOnlySpan<byte> beginning = layout.Beginning(place, out Field field);
            if ((beginning.IsEmpty || !scanner.TryRepeat(beginning)) && !TryMember(ref scanner, kind, value, layout, place, out field))
                return false;
            place++;
            if (!scanner.TryValue(depth + 1, out RawField read))
                return false;
            if (field == Field.Ignored)
                continue;
            isKnown |= field <= Field.Success;
            fields[(int)field] = read;
        }
        while (scanner.TryPass((byte)','));
        return scanner.TryPass((byte)'}');
    }

    private bool TryMember(ref JsonScanner scanner, EventKind kind, ReadOnlySpan<byte> value, MemberLayout layout, int place, out Field field)
    {
        field = Field.Ignored;
        int start = scanner.Position;
        if (!scanner.TryName(out ReadOnlySpan<byte> name, out bool isEscaped))
            return false;
        FieldNames names = rules.Names[(int)kind];
        field = isEscaped ? FindEscaped(name, names) : names.Find(name);
        scanner.Peek();
        layout.Learn(place, value[start..scanner.Position], field);
        return true;
    }

    /// <summary>Six bytes (\u0061) may stand for one.</summary>
    private Field FindEscaped(ReadOnlySpan<byte> name, FieldNames names) =>
        name.Length <= names.LongestName * 6 && rules.TryUnescape(name, out name) ? names.Find(name) : Field.Ignored;

    /// <summary>Nothing of it is kept, but a record that is both is malformed first.</summary>
    private void RefuseLargeRecord(ReadOnlySpan<byte> value)
    {
        ReadOnlySpan<byte> json = value[SchemaFrame.LengthOf(value)..];
        if (json.Trim(" \t\r\n"u8).IsEmpty)
            RefuseMalformed(value, "the record has white space alone");
        else if (WhatIsMalformed(json) is { } malformed)
            RefuseMalformed(value, malformed);
        else
            RefuseRecord(RefusalReason.TooLarge, $"the value has {value.Length} bytes, at most {MaxRecordBytes} are read", value.Length);
    }

    private void RefuseMalformed(ReadOnlySpan<byte> value, string what) =>
        RefuseRecord(RefusalReason.MalformedJson, SchemaFrame.Describe(value) + what, value.Length);

    /// <summary>In the words of the general reader; null where it finds nothing.</summary>
    private static string? WhatIsMalformed(ReadOnlySpan<byte> value)
    {
        try
        {
            var reader = new Utf8JsonReader(value, ReaderOptions);
            bool isEmpty = true;
            while (reader.Read())
                isEmpty = false;
            return isEmpty ? "the record has no value, or white space alone" : null;
        }
        catch (JsonException malformed)
        {
            return RefusalDetail.OneLine(malformed.Message);
        }
    }

    private void RefuseRecord(string reason, string detail, int valueBytes)
    {
        BeginRecord(rules.Kind, valueBytes);
        refusals.Add(new Refusal(Refusal.WholeRecord, reason, detail, 0, valueBytes));
    }

    private static int FirstInvalidByte(ReadOnlySpan<byte> value)
    {
        int at = 0;
        while (at < value.Length && Rune.DecodeFromUtf8(value[at..], out _, out int length) == System.Buffers.OperationStatus.Done)
            at += length;
        return at;
    }
}
