using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using StreamAgg.Core.Events;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Shapes;
using StreamAgg.Core.Time;

namespace StreamAgg.Core.Rows;

/// <summary>
/// Judges rows of a gateway's own tables by the very rules that judge events: a column's text is what a string of the same content would be in
/// a record.
/// </summary>
/// <remarks>
/// What a row says of its time is no text, and it takes the place of a record's timestamp, so nothing lies in its future. Not thread-safe.
/// </remarks>
/// <param name="options">What numbers and labels mean.</param>
public sealed class RowDecoder(EventOptions options)
{
    /// <summary>A buffer that one huge message has grown past this is given back.</summary>
    private const int MaxKeptBytes = 1 << 18;

    private readonly EventRules rules = new(TimeSpan.Zero, options);
    private byte[] text = new byte[4096];
    private int used;
    private Instant? time;

    /// <summary>Why the last row was refused: one of <see cref="RefusalReason"/>.</summary>
    public string Reason => rules.Reason;

    /// <summary>What the last accepted row counts without.</summary>
    public DurationsLeftOut LeftOut => rules.LeftOut;

    /// <summary>The fields that rollups are by and no event of this kind has else.</summary>
    public static IEnumerable<(string Name, Field Field)> DimensionsOf(EventKind kind, EventOptions options) =>
        DimensionLabels.DimensionsOf(options).Select(name => (name, (Field)DimensionLabels.PlaceOf(options, kind, name)))
            .Where(dimension => dimension.Item2 > Field.Ignored);

    /// <summary>Begins a row with no field but its time.</summary>
    /// <param name="kind">What its table holds.</param>
    /// <param name="createdAt">Null where the row has none. Infinite times are beyond either end of what is accepted.</param>
    public void Begin(EventKind kind, Instant? createdAt)
    {
        rules.BeginRecord(kind);
        Array.Clear(rules.Fields);
        if (text.Length > MaxKeptBytes)
            text = new byte[4096];
        (used, time) = (0, createdAt);
    }

    /// <summary>Gives the row a field.</summary>
    /// <param name="field">Any but the time.</param>
    /// <param name="value">As PostgreSQL writes it; copied.</param>
    public void Set(Field field, ReadOnlySpan<byte> value)
    {
        if (field is Field.DurationMs or Field.TtftMs)
            value = Finite(value);
        else if (field is <= Field.AccountPlatform or > Field.Ignored && !Utf8.IsValid(value))
            // A database without an encoding: what can't be read becomes U+FFFD, as it would in a string.
            value = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(value));
        if (text.Length - used < value.Length)
            Array.Resize(ref text, Math.Max(text.Length * 2, used + value.Length));
        value.CopyTo(text.AsSpan(used));
        rules.Fields[(int)field] = new RawField(JsonTokenType.String, Escaped: false, used, value.Length);
        used += value.Length;
    }

    /// <returns>False where the row is refused.</returns>
    public bool TryDecode(ref DecodedEvent judged) => rules.TryJudge(text.AsSpan(0, used), time, ref judged);

    /// <summary>UTF-8, 0 to 200 bytes, until the next row.</summary>
    public ReadOnlySpan<byte> Label(in DecodedEvent accepted) => rules.Label(accepted);

    /// <summary>What it is counted under, in each rollup, until the next row.</summary>
    public EventLabels Labels(in DecodedEvent accepted) => rules.Labels(accepted);

    /// <summary>What a person is told of the row that was just refused.</summary>
    public string Explain() => rules.Explain(text.AsSpan(0, used), time);

    /// <summary>
    /// An infinite duration is one that is too long, or below 0: numbers that JSON can hold say the same. NaN is no number there either.
    /// </summary>
    private static ReadOnlySpan<byte> Finite(ReadOnlySpan<byte> value) =>
        value.SequenceEqual("Infinity"u8) ? "1e300"u8 : value.SequenceEqual("-Infinity"u8) ? "-1"u8 : value;
}
