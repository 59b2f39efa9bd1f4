namespace StreamAgg.Core.Events;

/// <summary>An event, or a whole record, that was not counted, and why. It depends on the record and the configuration alone.</summary>
/// <param name="EventIndex">Its place in the record, from 0, of several the first's; <see cref="WholeRecord"/> where the record is refused.</param>
/// <param name="Detail">One line for a person: what was found, what is expected; of several events the first one's.</param>
/// <param name="Start">First byte of the refused event in the record's value.</param>
/// <param name="Length">How many bytes of the value the refused event takes.</param>
/// <param name="Events">1, or, where over a hundred of a record are refused, all of this reason; the bytes are the record's then.</param>
public readonly record struct Refusal(int EventIndex, string Reason, string Detail, int Start, int Length, int Events = 1)
{
    public const int WholeRecord = -1;

    /// <summary>The places of all of them, where it stands for the events of one reason; else null.</summary>
    public EventPlaces? Places { get; init; }
}

/// <summary>Why an event or a record is refused, in the order in which they are given where several hold.</summary>
public static class RefusalReason
{
    public const string MalformedJson = "malformed_json";
    public const string TooLarge = "too_large";
    public const string NotAnObject = "not_an_object";
    public const string UnknownShape = "unknown_shape";
    public const string BadFieldPrefix = "bad_field:";
    public const string BadPlatform = "bad_platform";
    public const string TooOld = "too_old";
    public const string InFuture = "in_future";
}
