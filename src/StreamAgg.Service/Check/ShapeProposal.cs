using System.Globalization;
using StreamAgg.Core.Events;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Options;

namespace StreamAgg.Service.Check;

/// <summary>Settings under which more of a sample would be counted, or more of it read.</summary>
/// <param name="Lines">To copy, as an environment takes them.</param>
/// <param name="Records">That were tried.</param>
/// <param name="AcceptedNow">Their events that count as it is.</param>
/// <param name="Accepted">Those that would.</param>
/// <param name="LeftOut">Of these the durations that would be left out.</param>
internal sealed record ShapeProposal(IReadOnlyList<string> Lines, int Records, int AcceptedNow, int Accepted, int LeftOut)
{
    public void Write(TextWriter output)
    {
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  by its names it has another shape: of {Records} records events accepted {Accepted} (now {AcceptedNow}), durations left out {LeftOut}, with"));
        foreach (string line in Lines)
            output.WriteLine($"    {line}");
    }
}

/// <summary>Guesses a mapping of a topic from some of its records, and tries it on them. Not thread-safe.</summary>
internal sealed class ShapeProposing(PipelineOptions options, EventKindNames kind)
{
    /// <summary>As many as tell a shape, and no more memory than that.</summary>
    private const int MaxRecords = 200, MaxBytes = 1 << 16;

    private readonly SampledFields fields = new();
    private readonly List<(byte[] Value, long? Timestamp, bool IsTombstone)> records = [];

    public void Add(in LogRecord record)
    {
        if (records.Count == MaxRecords || record.Value.Length > MaxBytes || options.Events.Shapes.ContainsKey(kind.Kind))
            return;
        records.Add((record.Value.ToArray(), record.TimestampMilliseconds, record.IsTombstone));
        fields.Add(record.Value);
    }

    /// <returns>Null where a mapping is set already, or nothing is found that would not make it worse.</returns>
    public ShapeProposal? Propose()
    {
        if (ShapeGuess.Of(options.Events, kind, fields.All) is not { } guessed)
            return null;
        (int now, _) = Count(options.Events);
        (int then, int leftOut) = Count(guessed);
        return then == 0 || then < now ? null : new ShapeProposal(ShapeGuess.Lines(options.Events, guessed, kind), records.Count, now, then, leftOut);
    }

    private (int Accepted, int LeftOut) Count(EventOptions events)
    {
        var decoder = new EventDecoder(options.MaxFuture, events);
        int accepted = 0, leftOut = 0;
        foreach (var (value, timestamp, isTombstone) in records)
        {
            decoder.Decode(kind.Kind, value, timestamp, isTombstone);
            accepted += decoder.Accepted.Length;
            leftOut += decoder.LeftOut.Total;
        }
        return (accepted, leftOut);
    }
}
