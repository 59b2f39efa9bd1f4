using System.Text.Json;

namespace StreamAgg.Core.Events;

/// <summary>The fields that are read, in the order in which a bad one is named.</summary>
internal enum Field : byte
{
    CreatedAt,
    Platform,
    GroupPlatform,
    AccountPlatform,
    DurationMs,
    StatusCode,
    ErrorType,
    ErrorMessage,
    IsTimeout,

    /// <summary>A name that nobody reads.</summary>
    Ignored,
}

/// <summary>Where the value of a field lies in the record. It is judged when its object is complete: only the last one of a name counts.</summary>
/// <param name="Type">None where the field was not there.</param>
/// <param name="Escaped">A string with at least one escape in it.</param>
/// <param name="Start">The first byte of the token; of a string, the one after the quotation mark.</param>
/// <param name="Length">Bytes of the value; of a string, without the quotation marks.</param>
internal readonly record struct RawField(JsonTokenType Type, bool Escaped, int Start, int Length)
{
    /// <summary>Not there, null, or the empty string that producers write for what they do not have.</summary>
    public bool IsMissing => Type is JsonTokenType.None or JsonTokenType.Null || (Type == JsonTokenType.String && Length == 0);

    /// <summary>The same value up to where it ends: an object's or array's first token tells only where it starts.</summary>
    public RawField To(int end) => this with { Length = end - Start };

    public ReadOnlySpan<byte> Text(ReadOnlySpan<byte> record) => record.Slice(Start, Length);
}

/// <summary>Finds a field by the bytes of its name.</summary>
internal static class FieldName
{
    /// <summary>The longest name of all: account_platform.</summary>
    public const int MaxBytes = 16;

    /// <summary>As they are written, in the order of <see cref="Field"/>.</summary>
    private static readonly string[] Names =
    [
        "created_at", "platform", "group_platform", "account_platform", "duration_ms", "status_code", "error_type", "error_message", "is_timeout",
    ];

    private static readonly string[] Reasons = [.. Names.Select(name => RefusalReason.BadFieldPrefix + name)];

    public static string Of(Field field) => Names[(int)field];

    public static string BadField(Field field) => Reasons[(int)field];

    /// <param name="name">UTF-8, unescaped.</param>
    /// <param name="kind">Decides which names are read at all.</param>
    public static Field Find(ReadOnlySpan<byte> name, EventKind kind)
    {
        // The length tells most names apart, so that an ignored field costs a jump and at most one comparison.
        switch (name.Length)
        {
            case 8 when name.SequenceEqual("platform"u8):
                return Field.Platform;
            case 10 when name[0] == 'c' && name.SequenceEqual("created_at"u8):
                return Field.CreatedAt;
            case 10 when name[0] == 'e' && kind == EventKind.Error && name.SequenceEqual("error_type"u8):
                return Field.ErrorType;
            case 10 when name[0] == 'i' && kind == EventKind.Error && name.SequenceEqual("is_timeout"u8):
                return Field.IsTimeout;
            case 11 when kind == EventKind.Usage && name.SequenceEqual("duration_ms"u8):
                return Field.DurationMs;
            case 11 when kind == EventKind.Error && name.SequenceEqual("status_code"u8):
                return Field.StatusCode;
            case 13 when kind == EventKind.Error && name.SequenceEqual("error_message"u8):
                return Field.ErrorMessage;
            case 14 when name.SequenceEqual("group_platform"u8):
                return Field.GroupPlatform;
            case 16 when name.SequenceEqual("account_platform"u8):
                return Field.AccountPlatform;
            default:
                return Field.Ignored;
        }
    }
}
