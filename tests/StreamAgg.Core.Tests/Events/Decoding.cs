using System.Text;
using StreamAgg.Core.Events;
using StreamAgg.Core.Time;

namespace StreamAgg.Core.Tests.Events;

/// <summary>An accepted event with its label as text: what tests compare.</summary>
public sealed record Counted(Instant Time, string Label, long DurationMicros, StatusClass Status, bool IsTimeout, bool IsFailure = false);

/// <summary>A decoded record, copied out of the decoder's buffers.</summary>
public sealed record Decoding(IReadOnlyList<Counted> Accepted, IReadOnlyList<Refusal> Refused, DurationsLeftOut LeftOut = default, int Skipped = 0)
{
    public static readonly TimeSpan MaxFuture = TimeSpan.FromMinutes(5);

    /// <summary>2025-01-31T10:00:00Z.</summary>
    public const long RecordTimestamp = 1_738_317_600_000;

    public static readonly Instant RecordTime = Instant.FromUnixMilliseconds(RecordTimestamp);

    /// <summary>The one event of the record.</summary>
    public Counted Only
    {
        get
        {
            Assert.Empty(Refused);
            return Assert.Single(Accepted);
        }
    }

    /// <summary>The reasons, in order.</summary>
    public IEnumerable<string> Reasons => Refused.Select(refusal => refusal.Reason);

    /// <summary>The one reason of a record that counts nothing.</summary>
    public string OnlyReason
    {
        get
        {
            Assert.Empty(Accepted);
            return Assert.Single(Refused).Reason;
        }
    }

    /// <summary>The one refusal's words.</summary>
    public string OnlyDetail => Assert.Single(Refused).Detail;

    public static Decoding Usage(string json, EventOptions options) =>
        Of(new EventDecoder(MaxFuture, options), EventKind.Usage, Encoding.UTF8.GetBytes(json), RecordTimestamp);

    public static Decoding Usage(string json, long? timestamp = RecordTimestamp) => Of(EventKind.Usage, Encoding.UTF8.GetBytes(json), timestamp);

    public static Decoding Error(string json, long? timestamp = RecordTimestamp) => Of(EventKind.Error, Encoding.UTF8.GetBytes(json), timestamp);

    public static Decoding Request(string json, long? timestamp = RecordTimestamp) => Of(EventKind.Request, Encoding.UTF8.GetBytes(json), timestamp);

    public static Decoding Of(EventKind kind, ReadOnlySpan<byte> value, long? timestamp = RecordTimestamp) =>
        Of(new EventDecoder(MaxFuture), kind, value, timestamp);

    public static Decoding Of(EventDecoder decoder, EventKind kind, ReadOnlySpan<byte> value, long? timestamp)
    {
        decoder.Decode(kind, value, timestamp);
        var accepted = new List<Counted>();
        foreach (ref readonly DecodedEvent e in decoder.Accepted)
            accepted.Add(new Counted(e.Time, Encoding.UTF8.GetString(decoder.Label(e)), e.DurationMicros, e.Status, e.IsTimeout, e.IsFailure));
        Assert.Equal(decoder.RefusedEvents, decoder.Refused.ToArray().Sum(refusal => refusal.Events));
        return new Decoding(accepted, decoder.Refused.ToArray(), decoder.LeftOut, decoder.Skipped);
    }
}
