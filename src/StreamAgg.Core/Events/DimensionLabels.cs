using System.Text;
using System.Text.Json;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Shapes;

namespace StreamAgg.Core.Events;

/// <summary>Reads the dimensions of configured rollups and keeps the labels that they make of a record's events. Not thread-safe.</summary>
/// <remarks>Each field is read once, however many rollups are by it. Buffers are used again.</remarks>
internal sealed class DimensionLabels
{
    /// <summary>A label that is longer is counted as one past the bound: no index of PostgreSQL holds keys of more than 2,704 bytes.</summary>
    private const int MostLabelBytes = 1900;

    private const int MostValueBytes = Rollup.MostCodePoints * 4, MaxKeptBytes = 1 << 18;

    private readonly EventOptions options;
    private readonly string[] dimensions, reasons;
    private readonly int[][] places;
    private readonly (int[] Dimensions, byte[] Other)[] rollups;
    private readonly int[] valueEnds;
    private byte[] values = new byte[1024], labels = new byte[1024];
    private int[] ends = new int[64];
    private int labelsUsed, endsUsed;

    private DimensionLabels(EventOptions options)
    {
        this.options = options;
        dimensions = [.. DimensionsOf(options)];
        reasons = Array.ConvertAll(dimensions, name => RefusalReason.BadFieldPrefix + name);
        places = [.. EventKinds.All.Select(kind => dimensions.Select((_, place) => PlaceOf(options, kind.Kind, dimensions[place])).ToArray())];
        Names = [.. EventKinds.All.Select(kind => new FieldNames(
        [
            .. EventFields.Of(kind.Kind).Select(field => (field.Utf8, field.Id)),
            .. dimensions.Select((name, at) => (Encoding.UTF8.GetBytes(name), (Field)places[(int)kind.Kind][at]))
                .Where(name => name.Item2 > Field.Ignored),
        ]))];
        rollups = [.. options.Rollups.Select(rollup => (
            rollup.Dimensions.Select(name => Array.IndexOf(dimensions, name)).ToArray(), Encoding.UTF8.GetBytes(rollup.OtherLabel)))];
        valueEnds = new int[dimensions.Length];
    }

    /// <summary>By kind of event: its fields, and the dimensions that are none of them.</summary>
    public FieldNames[] Names { get; }

    /// <returns>Null where no rollup is configured.</returns>
    public static DimensionLabels? Of(EventOptions options) => options.Rollups.Count == 0 ? null : new(options);

    /// <summary>The fields that rollups are by, each once, but for the platform.</summary>
    public static IEnumerable<string> DimensionsOf(EventOptions options) =>
        options.Rollups.SelectMany(rollup => rollup.Dimensions).Where(name => name != Rollup.Platform).Distinct(StringComparer.Ordinal);

    /// <summary>The place of a dimension among an event's raw fields: a field's own where it is one of the kind's, else one of its own.</summary>
    public static int PlaceOf(EventOptions options, EventKind kind, string dimension) =>
        EventFields.Of(kind).FirstOrDefault(field => field.Name == dimension) is { } field
            ? (int)field.Id
            : (int)Field.Ignored + 1 + DimensionsOf(options).ToList().IndexOf(dimension);

    public void BeginRecord()
    {
        (labelsUsed, endsUsed) = (0, 0);
        if (labels.Length > MaxKeptBytes)
            (labels, ends) = (new byte[1024], new int[64]);
    }

    /// <summary>Reads the dimensions of the event at hand.</summary>
    /// <returns>False where one is bad.</returns>
    public bool TryRead(EventRules rules, ReadOnlySpan<byte> record)
    {
        int used = 0;
        for (int at = 0; at < dimensions.Length; at++)
        {
            int place = places[(int)rules.Kind][at];
            RawField field = rules.Fields[place];
            if (!field.IsMissing && !(place < (int)Field.Ignored && !IsLabel(field)))
            {
                ReadOnlySpan<byte> text = field.Text(record);
                if (!IsLabel(field))
                    return rules.BadDimension(dimensions[at], reasons[at], record, field, "a string, a number or null");
                if (field.Escaped && !rules.TryUnescape(text, out text))
                    return rules.BadDimension(dimensions[at], reasons[at], record, field, "Unicode text: half of a surrogate pair stands alone");
                text = LabelText.Trim(text);
                if (EventRules.CodePoints(text) > Rollup.MostCodePoints || text.Contains((byte)0))
                    return rules.BadDimension(
                        dimensions[at], reasons[at], record, field, $"a text of at most {Rollup.MostCodePoints} code points without U+0000");
                used += Keep(text, used);
            }
            valueEnds[at] = used;
        }
        return true;
    }

    /// <summary>Makes the labels of the event whose dimensions were read last.</summary>
    public void Add(ReadOnlySpan<byte> platform, ref DecodedEvent judged)
    {
        (judged.OthersStart, judged.EndsStart) = (labelsUsed, endsUsed);
        if (ends.Length - endsUsed < rollups.Length)
            Array.Resize(ref ends, Math.Max(ends.Length * 2, endsUsed + rollups.Length));
        foreach (var (parts, other) in rollups)
        {
            int start = labelsUsed;
            for (int at = 0; at < parts.Length; at++)
                Append(parts[at] < 0 ? platform : ValueOf(parts[at]), at, parts.Length);
            if (labelsUsed - start > MostLabelBytes)
            {
                labelsUsed = start;
                Reserve(ref labels, labelsUsed, other.Length);
                other.CopyTo(labels.AsSpan(labelsUsed));
                labelsUsed += other.Length;
            }
            ends[endsUsed++] = labelsUsed - judged.OthersStart;
        }
    }

    public EventLabels LabelsOf(ReadOnlySpan<byte> platform, in DecodedEvent accepted)
    {
        ReadOnlySpan<int> own = ends.AsSpan(accepted.EndsStart, rollups.Length);
        return new(platform, labels.AsSpan(accepted.OthersStart, own[^1]), own);
    }

    private static bool IsLabel(in RawField field) => field.Type is JsonTokenType.String or JsonTokenType.Number;

    private ReadOnlySpan<byte> ValueOf(int at) => values.AsSpan((at == 0 ? 0 : valueEnds[at - 1])..valueEnds[at]);

    private int Keep(ReadOnlySpan<byte> text, int used)
    {
        Reserve(ref values, used, MostValueBytes);
        if (options.LabelCase == LabelCase.Lower)
            return LabelText.ToLower(text, values.AsSpan(used));
        text.CopyTo(values.AsSpan(used));
        return text.Length;
    }

    private void Append(ReadOnlySpan<byte> value, int at, int count)
    {
        Reserve(ref labels, labelsUsed, (value.Length * 2) + 1);
        if (count > 1)
            labelsUsed += Rollup.Append(value, isFirst: at == 0, labels.AsSpan(labelsUsed));
        else
        {
            value.CopyTo(labels.AsSpan(labelsUsed));
            labelsUsed += value.Length;
        }
    }

    private static void Reserve(ref byte[] buffer, int used, int more)
    {
        if (buffer.Length - used < more)
            Array.Resize(ref buffer, Math.Max(buffer.Length * 2, used + more));
    }
}
