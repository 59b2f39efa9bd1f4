using System.Runtime.CompilerServices;
using System.Text;

namespace StreamAgg.Core.Events;

/// <summary>The fields that are read, in the order in which a bad one is named: places in <see cref="EventFields.All"/>.</summary>
public enum Field
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
    Success,

    UpstreamStatusCode,
    IsCancelled,
    IsBusinessLimited,
    TtftMs,
    InputTokens,
    OutputTokens,
    CacheReadTokens,
    CacheWriteTokens,
    CostUsd,

    /// <summary>A name that nobody reads.</summary>
    Ignored,
}

/// <summary>A number of 0 or more; one of no decimals is whole, else it is rounded, halves up.</summary>
/// <param name="Decimals">That are kept: it is counted in units of the last one.</param>
/// <param name="Max">The largest, in these units.</param>
/// <param name="Absent">What stands for it where the field is missing.</param>
/// <param name="Meaning">For the schema, where that does not describe the field itself.</param>
public sealed record NumberField(int Decimals, long Max, long Absent = 0, string Meaning = "")
{
    /// <summary>In microseconds; its unit and maximum are the options', and out of range it is left out, and its event counts.</summary>
    public static readonly NumberField Duration = new(Decimals: 3, Max: 86_400_000_000, DecodedEvent.NoDuration);

    public bool IsDuration => Absent == DecodedEvent.NoDuration;

    /// <summary><see cref="Max"/> as it is written.</summary>
    public decimal Largest => Max / (decimal)Math.Pow(10, Decimals);
}

/// <summary>A field that is read.</summary>
/// <param name="Kind">Of the events in which it is read, beside those of <see cref="EventKind.Request"/>; null: of every kind.</param>
/// <param name="Number">Where it is measured or summed.</param>
public sealed record EventField(Field Id, string Name, EventKind? Kind = null, NumberField? Number = null)
{
    /// <summary>True where an object that has it is an event; a measure alone may stand in any envelope.</summary>
    public bool TellsEvent => Id <= Field.Success;

    /// <summary>True where events of this kind have it.</summary>
    public bool IsReadOf(EventKind kind) => Kind is null || Kind == kind || kind == EventKind.Request;

    internal byte[] Utf8 { get; } = Encoding.UTF8.GetBytes(Name);

    /// <summary>The reason where it is bad.</summary>
    internal string Reason { get; } = RefusalReason.BadFieldPrefix + Name;
}

/// <summary>Every field that is read of events: decoder, schemas and recount go through this list.</summary>
public static class EventFields
{
    /// <summary>Places in <see cref="Numbers"/> and in <see cref="DecodedEvent.Numbers"/>.</summary>
    public const int Duration = 0, Ttft = 1, InputTokens = 2, OutputTokens = 3, CacheReadTokens = 4, CacheWriteTokens = 5, CostUsd = 6;

    private const long MostTokens = 1_000_000_000_000, MostMicroDollars = 1_000_000_000_000_000;

    public static readonly IReadOnlyList<EventField> All =
    [
        new(Field.CreatedAt, "created_at"),
        new(Field.Platform, "platform"),
        new(Field.GroupPlatform, "group_platform"),
        new(Field.AccountPlatform, "account_platform"),
        new(Field.DurationMs, "duration_ms", EventKind.Usage, NumberField.Duration),
        new(Field.StatusCode, "status_code", EventKind.Error),
        new(Field.ErrorType, "error_type", EventKind.Error),
        new(Field.ErrorMessage, "error_message", EventKind.Error),
        new(Field.IsTimeout, "is_timeout", EventKind.Error),
        new(Field.Success, "success", EventKind.Request),
        new(Field.UpstreamStatusCode, "upstream_status_code", EventKind.Error),
        new(Field.IsCancelled, "is_cancelled", EventKind.Error),
        new(Field.IsBusinessLimited, "is_business_limited", EventKind.Error),
        new(Field.TtftMs, "ttft_ms", EventKind.Usage, NumberField.Duration),
        new(Field.InputTokens, "input_tokens", Number: new(0, MostTokens, Meaning: "Tokens that were sent.")),
        new(Field.OutputTokens, "output_tokens", Number: new(0, MostTokens, Meaning: "Tokens that came back.")),
        new(Field.CacheReadTokens, "cache_read_tokens", Number: new(0, MostTokens, Meaning: "Tokens that were read from a cache.")),
        new(Field.CacheWriteTokens, "cache_write_tokens", Number: new(0, MostTokens, Meaning: "Tokens that were written to a cache.")),
        new(Field.CostUsd, "cost_usd", Number: new(6, MostMicroDollars, Meaning: "What it cost, in US dollars; rounded to a millionth.")),
    ];

    public static readonly IReadOnlyList<EventField> Numbers = [.. All.Where(field => field.Number is not null)];

    /// <summary>By kind of event.</summary>
    internal static readonly FieldNames[] NamesOf =
        [.. EventKinds.All.Select(kind => new FieldNames([.. Of(kind.Kind).Select(field => (field.Utf8, field.Id))]))];

    /// <summary>The fields of one kind's events.</summary>
    public static IEnumerable<EventField> Of(EventKind kind) => All.Where(field => field.IsReadOf(kind));
}

/// <summary>What the number fields of one event say, by the places of <see cref="EventFields"/>.</summary>
[InlineArray(EventFields.CostUsd + 1)]
public struct EventNumbers
{
    private long first;
}
