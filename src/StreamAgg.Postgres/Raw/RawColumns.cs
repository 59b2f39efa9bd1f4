using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using StreamAgg.Core.Events;
using StreamAgg.Core.Rows;

namespace StreamAgg.Postgres.Raw;

/// <summary>What is read of a raw table beside its time.</summary>
/// <param name="Name">The column's.</param>
/// <param name="Field">What it says; of an id, what the row that it names says.</param>
/// <param name="IsId">True where the label lies in another table.</param>
internal sealed record RawColumn(string Name, Field Field, bool IsId = false)
{
    /// <summary>Whole numbers come as they are stored: to write them costs the server more than all the rest of such a row.</summary>
    public bool IsInteger { get; init; }

    public static bool IsIntegerType(string type) => type is "smallint" or "integer" or "bigint";

    /// <summary>The text of a whole number, as PostgreSQL writes it.</summary>
    /// <param name="stored">2, 4 or 8 bytes.</param>
    /// <param name="text">At least 20 bytes.</param>
    public static ReadOnlySpan<byte> TextOf(ReadOnlySpan<byte> stored, Span<byte> text)
    {
        long number = stored.Length switch
        {
            2 => BinaryPrimitives.ReadInt16BigEndian(stored),
            4 => BinaryPrimitives.ReadInt32BigEndian(stored),
            _ => BinaryPrimitives.ReadInt64BigEndian(stored),
        };
        number.TryFormat(text, out int written, provider: CultureInfo.InvariantCulture);
        return text[..written];
    }
}

/// <summary>The columns that a gateway's tables have, by what they say.</summary>
internal static class RawColumns
{
    public const string Time = "created_at", Platform = "platform", Id = "id", GroupId = "group_id", AccountId = "account_id";

    private static readonly RawColumn[] Labels =
        [new(Platform, Field.Platform), new(GroupId, Field.GroupPlatform, IsId: true), new(AccountId, Field.AccountPlatform, IsId: true)];

    /// <summary>In the order in which they are read: the first label that is there counts.</summary>
    /// <param name="kind">What the table holds.</param>
    /// <param name="events">Rollups may be by other columns.</param>
    public static IReadOnlyList<RawColumn> Of(EventKind kind, EventOptions events) =>
    [
        .. Labels,
        .. EventFields.Of(kind).Where(field => field.Id > Field.AccountPlatform).Select(field => new RawColumn(field.Name, field.Id)),
        .. RowDecoder.DimensionsOf(kind, events).Select(dimension => new RawColumn(dimension.Name, dimension.Field)),
    ];

    /// <summary>Columns that a gateway need not have: without them nothing is missed.</summary>
    public static bool IsExpected(EventKind kind, RawColumn column) =>
        !(column.Field is Field.IsTimeout or > Field.Success || (kind == EventKind.Usage && column.Field == Field.Platform));
}

/// <summary>Labels by the id of who has them, as both are written. Bounded by the table, which a gateway keeps small. Not thread-safe.</summary>
internal sealed class RawLabels
{
    /// <summary>Longer than an id of any type that is in use.</summary>
    private const int MaxIdBytes = 64;

    private readonly Dictionary<string, byte[]> labels = [];
    private readonly Dictionary<string, byte[]>.AlternateLookup<ReadOnlySpan<char>> lookup;

    public RawLabels() => lookup = labels.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The first one of an id stays: a join would count a request once for each.</summary>
    public void Add(string id, string label)
    {
        if (label.AsSpan().Trim(" \t\n\v\f\r").Length > 0)
            labels.TryAdd(id, Encoding.UTF8.GetBytes(label));
    }

    public bool TryGet(ReadOnlySpan<byte> id, out ReadOnlySpan<byte> label)
    {
        label = default;
        if (id.Length > MaxIdBytes)
            return false;
        Span<char> text = stackalloc char[MaxIdBytes];
        if (!lookup.TryGetValue(text[..Encoding.UTF8.GetChars(id, text)], out byte[]? found))
            return false;
        label = found;
        return true;
    }
}
