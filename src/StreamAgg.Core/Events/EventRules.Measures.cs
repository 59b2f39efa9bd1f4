using System.Text;
using System.Text.Json;
using StreamAgg.Core.Shapes;

namespace StreamAgg.Core.Events;

/// <summary>What is counted, measured or summed of an event.</summary>
internal sealed partial class EventRules
{
    /// <summary>Decimals of a second that a duration is counted to.</summary>
    private const int MicroDecimals = 6;

    private readonly (Field Field, NumberField Number)[] numbers = [.. EventFields.Numbers.Select(field => (field.Id, field.Number!.IsDuration
        ? field.Number! with { Decimals = MicroDecimals - (int)options.DurationUnit, Max = options.MaxDuration.Ticks / TimeSpan.TicksPerMicrosecond }
        : field.Number!))];

    /// <summary>Those from one place up to another.</summary>
    private bool TryNumbers(ReadOnlySpan<byte> record, int from, int to, ref DecodedEvent judged)
    {
        for (int place = from; place < to; place++)
        {
            (Field name, NumberField rule) = numbers[place];
            judged.Numbers[place] = rule.Absent;
            ref readonly RawField field = ref fields[(int)name];
            if (field.IsMissing)
                continue;
            if (!TryNumber(record, field, out ReadOnlySpan<byte> number))
                return BadField(name, record, $"a plain number{(rule.IsDuration ? $" of {EpochTime.NameOf(options.DurationUnit)}" : "")} or null");
            JsonNumber exact = JsonNumber.Parse(number, rule.Decimals);
            // Of a request that failed it is judged and not counted.
            bool isCounted = !(rule.IsDuration && judged.IsFailure);
            bool isOver = exact.Whole > rule.Max || (exact.Whole == rule.Max && exact.HasRest);
            if (!exact.IsNegative && !isOver && (rule.IsDuration || rule.Decimals > 0 || !exact.HasRest))
                judged.Numbers[place] = isCounted ? exact.Whole + (exact.NextDigit >= 5 ? 1 : 0) : rule.Absent;
            else if (rule.IsDuration)
                leftOutHere += !isCounted ? default : exact.IsNegative ? new DurationsLeftOut(1, 0) : new DurationsLeftOut(0, 1);
            else
                return BadField(name, record, $"a {(rule.Decimals > 0 ? "" : "whole ")}number of 0 to {rule.Largest} or null");
            judged.HasAmounts |= !rule.IsDuration;
        }
        judged.HasTtft = judged.Numbers[EventFields.Ttft] != DecodedEvent.NoDuration;
        return true;
    }

    private bool TryStatus(ReadOnlySpan<byte> record, ref DecodedEvent judged, out long status)
    {
        if (!TryInteger(record, Field.StatusCode, out status))
            return false;
        judged.Status = status switch
        {
            >= 500 => StatusClass.ServerError,
            >= 400 => StatusClass.ClientError,
            _ => StatusClass.Other,
        };
        return true;
    }

    /// <param name="status">0 where there is none.</param>
    private bool TryClass(ReadOnlySpan<byte> record, long status, ref DecodedEvent judged)
    {
        judged.Class = ErrorClass.Other;
        if (Kind == EventKind.Usage)
            return true;
        if (!TryInteger(record, Field.UpstreamStatusCode, out long upstream) || !TryFlag(record, Field.IsCancelled, out bool isCancelled)
            || !TryFlag(record, Field.IsBusinessLimited, out bool isLimited))
            return false;
        if (!judged.IsFailure)
            return true;
        if (fields[(int)Field.UpstreamStatusCode].IsMissing)
            upstream = status;
        judged.Class = isCancelled || status == 499 ? ErrorClass.Cancelled
            : isLimited ? ErrorClass.Limited
            : upstream == 429 ? ErrorClass.RateLimited
            : upstream is 503 or 529 ? ErrorClass.Overloaded
            : ErrorClass.Other;
        return true;
    }

    /// <param name="value">0 where there is none.</param>
    private bool TryInteger(ReadOnlySpan<byte> record, Field name, out long value)
    {
        value = 0;
        ref readonly RawField field = ref fields[(int)name];
        if (field.IsMissing)
            return true;
        if (!TryNumber(record, field, out ReadOnlySpan<byte> number) || JsonNumber.Parse(number, decimals: 0) is not { HasRest: false } integer)
            return BadField(name, record, "one integer or null");
        value = integer.Signed;
        return true;
    }

    /// <param name="value">False where there is none.</param>
    private bool TryFlag(ReadOnlySpan<byte> record, Field name, out bool value)
    {
        value = false;
        ref readonly RawField field = ref fields[(int)name];
        return field.IsMissing || TryBoolean(record, field, out value) || BadField(name, record, "true, false, 1, 0 or null");
    }

    private bool TryBoolean(ReadOnlySpan<byte> record, in RawField field, out bool value)
    {
        value = field.Type == JsonTokenType.True;
        if (field.Type is JsonTokenType.True or JsonTokenType.False)
            return true;
        if (field.Type == JsonTokenType.Number)
        {
            JsonNumber number = JsonNumber.Parse(field.Text(record), decimals: 0);
            value = number.Signed == 1;
            return !number.HasRest && number.Signed is 0 or 1;
        }
        if (field.Type != JsonTokenType.String)
            return false;
        ReadOnlySpan<byte> text = Text(record, field);
        value = text.SequenceEqual("1"u8) || Ascii.EqualsIgnoreCase(text, "true"u8);
        return value || text.SequenceEqual("0"u8) || Ascii.EqualsIgnoreCase(text, "false"u8);
    }

    /// <summary>A number, or a string that holds exactly one.</summary>
    private bool TryNumber(ReadOnlySpan<byte> record, in RawField field, out ReadOnlySpan<byte> number)
    {
        number = Text(record, field);
        return field.Type == JsonTokenType.Number || (field.Type == JsonTokenType.String && JsonNumber.IsNumber(number));
    }
}
