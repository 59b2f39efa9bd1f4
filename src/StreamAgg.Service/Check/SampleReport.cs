using System.Globalization;
using System.Text.Json;
using StreamAgg.Core.Events;
using StreamAgg.Kafka.Log;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Options;
using StreamAgg.Service.Configuration;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Check;

/// <summary>What would become of a topic's last records: nothing is counted, no group joined, nothing written.</summary>
internal sealed record SampleReport
{
    public required string Topic { get; init; }

    /// <summary>Records.</summary>
    public int Read { get; init; }

    /// <summary>Events.</summary>
    public int Accepted { get; init; }

    /// <summary>Of the accepted events those whose duration can't be one.</summary>
    public int DurationsLeftOut { get; init; }

    /// <summary>By reason, the commonest first.</summary>
    public IReadOnlyList<SampleRefusal> Refused { get; init; } = [];

    /// <summary>Where a mapping names a root: records without an event there.</summary>
    public int Skipped { get; init; }

    /// <summary>Null where the records have no other shape than they are read as, or none that can be guessed.</summary>
    public ShapeProposal? Proposal { get; init; }

    /// <summary>Why no record was read; null where that was possible.</summary>
    public string? NotRead { get; init; }

    /// <summary>Judges the last records of a topic as <c>run</c> would.</summary>
    /// <param name="settings">What events mean.</param>
    /// <param name="tail">Reads them.</param>
    /// <param name="topic">One of the input topics.</param>
    /// <param name="count">How many records at most.</param>
    /// <param name="stop">Ends the reading.</param>
    public static async Task<SampleReport> OfAsync(Settings settings, TailReader tail, string topic, int count, CancellationToken stop)
    {
        var decoder = new EventDecoder(settings.Pipeline.MaxFuture, settings.Pipeline.Events);
        var kind = settings.Topics.KindOf(topic);
        var proposing = new ShapeProposing(settings.Pipeline, kind.Names());
        try
        {
            var verdicts = await tail.ReadAsync(topic, count, (in LogRecord record) =>
            {
                decoder.Decode(kind, record.Value, record.TimestampMilliseconds, record.IsTombstone);
                proposing.Add(record);
                return new Verdict(
                    record.Source, record.Offset, decoder.Accepted.Length, decoder.LeftOut.Total, decoder.Skipped, decoder.Refused.ToArray());
            }, stop);
            return Of(topic, verdicts) with { Proposal = proposing.Propose() };
        }
        catch (Exception fault) when (FaultText.DiagnosisOf(fault) is { } diagnosis)
        {
            return new SampleReport { Topic = topic, NotRead = Secrets.Hide(OneLine.Of(diagnosis.ToString())) };
        }
    }

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("topic", Topic);
        json.WriteNumber("read", Read);
        json.WriteNumber("accepted", Accepted);
        json.WriteStartObject("refused");
        foreach (var refusal in Refused)
            refusal.WriteJson(json);
        json.WriteEndObject();
        json.WriteNumber("durations_left_out", DurationsLeftOut);
        json.WriteNumber("skipped", Skipped);
        json.WriteStartArray("proposal");
        foreach (string line in Proposal?.Lines ?? [])
            json.WriteStringValue(line);
        json.WriteEndArray();
        json.WriteString("not_read", NotRead);
        json.WriteEndObject();
    }

    public void Write(TextWriter output)
    {
        output.WriteLine(
            NotRead is { } reason ? $"the last records of {Topic} were not read: {reason}"
            : Read == 0 ? $"{Topic} holds no records"
            : string.Create(
                CultureInfo.InvariantCulture,
                    $"the last {Read} records of {Topic}: events accepted {Accepted}, refused {Refused.Sum(refusal => refusal.Count)}")
                + (DurationsLeftOut > 0 ? $", durations left out {DurationsLeftOut}" : "")
                + (Skipped > 0 ? $", skipped {Skipped}" : ""));
        foreach (var refusal in Refused)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {refusal.Count,6}  {refusal.Reason}: {refusal.Example()}"));
        Proposal?.Write(output);
    }

    private static SampleReport Of(string topic, IReadOnlyList<Verdict> verdicts) => new()
    {
        Topic = topic,
        Read = verdicts.Count,
        Accepted = verdicts.Sum(verdict => verdict.Accepted),
        DurationsLeftOut = verdicts.Sum(verdict => verdict.LeftOut),
        Skipped = verdicts.Sum(verdict => verdict.Skipped),
        Refused =
        [
            .. verdicts.SelectMany(verdict => verdict.Refused.Select(refusal => (verdict.Source, verdict.Offset, Refusal: refusal)))
                .GroupBy(refused => refused.Refusal.Reason, StringComparer.Ordinal)
                .Select(same => (Reason: same.Key, Count: same.Sum(refused => refused.Refusal.Events), One: same.Last()))
                .Select(same => new SampleRefusal(same.Reason, same.Count, same.One.Source, same.One.Offset, same.One.Refusal))
                .OrderByDescending(refusal => refusal.Count).ThenBy(refusal => refusal.Reason, StringComparer.Ordinal),
        ],
    };

    private sealed record Verdict(SourcePartition Source, long Offset, int Accepted, int LeftOut, int Skipped, Refusal[] Refused);
}

/// <summary>The events of a sample that have one reason, and one of them.</summary>
internal sealed record SampleRefusal(string Reason, long Count, SourcePartition Source, long Offset, Refusal One)
{
    private string Detail { get; } = Secrets.Hide(OneLine.Of(One.Detail));

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject(Reason);
        json.WriteNumber("count", Count);
        json.WriteStartObject("example");
        json.WriteString("topic", Source.Topic);
        json.WriteNumber("partition", Source.Partition);
        json.WriteNumber("offset", Offset);
        json.WriteOrNull("event_index", One.EventIndex == Refusal.WholeRecord ? null : (long)One.EventIndex);
        json.WriteString("detail", Detail);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Its place, as <c>dead-letters show</c> takes it, and what to change.</summary>
    public string Example() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Source.Topic} {Source.Partition} {Offset}{(One.EventIndex == Refusal.WholeRecord ? "" : $", event {One.EventIndex}")}: {Detail}");
}
