using System.Text;
using StreamAgg.Core.Aggregation;
using StreamAgg.Core.Events;
using StreamAgg.Core.Rollups;
using StreamAgg.Core.Shapes;
using StreamAgg.Kafka.DeadLetters;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Recounting;
using StreamAgg.Pipeline.Store;

namespace StreamAgg.Service.Recounts;

/// <summary>Judges the events of a dead letter by today's settings. Not thread-safe.</summary>
internal sealed class LetterEvents(PipelineOptions options)
{
    private static readonly byte[] WhiteSpace = " \t\r\n"u8.ToArray();

    private readonly EventDecoder decoder = new(options.MaxFuture, options.Events);
    private readonly IReadOnlyList<Rollup> rollups = options.Rollups;

    /// <summary>Events of all letters so far that are refused still, by reason.</summary>
    public Dictionary<string, long> Refused { get; } = [];

    /// <summary>Why nobody can tell which events it stands for; null where that is known.</summary>
    public static string? WhyUnreadable(DeadLetter letter) =>
        letter.LengthBeforeCut is not null ? "cut to what the topic takes"
        : letter.Events > 1 && letter.Places is null ? "does not say which events of its record it stands for"
        : EventKinds.Named(letter.Kind) is null ? "names no kind of event"
        : null;

    /// <summary>What of it is accepted now; what is not is added to <see cref="Refused"/>.</summary>
    public IReadOnlyList<ReplayedEvent> Judge(DeadLetter letter)
    {
        var accepted = new List<ReplayedEvent>();
        EventKind kind = EventKinds.Named(letter.Kind).GetValueOrDefault();
        bool isWhole = letter.Events > 1 || letter.Places is not null || letter.EventIndex is null;
        // A value that was one event without a mapping may hold several now. Their places are those in the record where it is the first.
        if (isWhole || (letter.EventIndex == 0 && decoder.HoldsMany(kind)))
        {
            // A record that was refused whole: until all of it can be read nothing of it counts.
            decoder.Decode(kind, letter.Value, letter.RecordTimestampMilliseconds);
            if (decoder.Refused.Length > 0 && decoder.Refused[0].EventIndex == Refusal.WholeRecord)
            {
                Refuse(decoder.Refused[0].Reason, 1);
                return accepted;
            }
            if (decoder.HoldsMany(kind))
            {
                JudgePlaces(letter, accepted);
                return accepted;
            }
            IReadOnlyList<Range> events = RecordEvents.Split(letter.Value);
            for (int place = 0; place < events.Count; place++)
                if (letter.Places?.Contains(place) ?? true)
                    Judge(letter, kind, letter.Value.AsSpan(events[place]), place, accepted);
            return accepted;
        }
        Judge(letter, kind, letter.Value, letter.EventIndex.GetValueOrDefault(), accepted);
        return accepted;
    }

    private void Judge(DeadLetter letter, EventKind kind, ReadOnlySpan<byte> value, int place, List<ReplayedEvent> accepted)
    {
        decoder.Decode(kind, value, letter.RecordTimestampMilliseconds);
        if (decoder.Skipped == 1)
        {
            Refuse(EventOutcome.Skipped, 1);
            return;
        }
        // Alone, an array would be a record of several events; in its place it is none, as it was in its record.
        if (value[SchemaFrame.LengthOf(value)..].TrimStart(WhiteSpace) is not [(byte)'{', ..] || decoder.Accepted.Length + decoder.RefusedEvents != 1)
        {
            Refuse(RefusalReason.NotAnObject, 1);
            return;
        }
        foreach (ref readonly Refusal refusal in decoder.Refused)
            Refuse(refusal.Reason, refusal.Events);
        foreach (ref readonly DecodedEvent e in decoder.Accepted)
        {
            accepted.Add(Replayed(letter, e, place));
        }
    }

    /// <summary>Of a record that was just decoded: what is no event by itself is told apart by its place.</summary>
    private void JudgePlaces(DeadLetter letter, List<ReplayedEvent> accepted)
    {
        foreach (ref readonly DecodedEvent e in decoder.Accepted)
            if (letter.Places?.Contains(e.Place) ?? true)
                accepted.Add(Replayed(letter, e, e.Place));
        if (letter.Events > accepted.Count)
            Refuse(letter.Reason, letter.Events - accepted.Count);
    }

    private ReplayedEvent Replayed(DeadLetter letter, in DecodedEvent e, int place)
    {
        var totals = default(BucketTotals);
        totals.Count(e);
        return new ReplayedEvent(
            new SourcePartition(letter.Topic, letter.Partition), letter.Offset, place, letter.RecordTimestampMilliseconds ?? -1,
            new BucketKey<Core.Time.Hour>(e.Time.Hour, Encoding.UTF8.GetString(decoder.Label(e))), totals)
        {
            Others = OthersOf(e),
        };
    }

    private Dictionary<string, string> OthersOf(in DecodedEvent e)
    {
        var others = new Dictionary<string, string>();
        EventLabels labels = decoder.Labels(e);
        for (int place = 1; place < rollups.Count; place++)
            others[rollups[place].Name] = Encoding.UTF8.GetString(labels[place]);
        return others;
    }

    private void Refuse(string reason, long events) => Refused[reason] = Refused.GetValueOrDefault(reason) + events;
}
