using StreamAgg.Pipeline.Log;
using StreamAgg.Simulation.Store;

namespace StreamAgg.Simulation.Proof;

/// <summary>What became of the events that committed checkpoints have passed, by the records' own truth, and whether the store tells the same.</summary>
internal sealed class OutcomeBook(Database database, Action<string, string> fail)
{
    private readonly Dictionary<SourcePartition, Dictionary<(string Outcome, string Reason), long>> partitions = [];

    public void Add(SourcePartition source, string outcome, string reason, long events)
    {
        if (events == 0)
            return;
        if (!partitions.TryGetValue(source, out var counts))
            partitions.Add(source, counts = []);
        counts[(outcome, reason)] = counts.GetValueOrDefault((outcome, reason)) + events;
    }

    public void Check(SourcePartition source)
    {
        var told = new Dictionary<(string, string), long>();
        foreach (var ((_, outcome, reason), events) in (database.Tallies.Committed(source) ?? TallyRow.Empty).Events)
            told[(outcome, reason)] = told.GetValueOrDefault((outcome, reason)) + events;
        var known = partitions.GetValueOrDefault(source) ?? [];
        foreach (var (outcome, reason) in known.Keys.Union(told.Keys))
        {
            long counted = known.GetValueOrDefault((outcome, reason)), stored = told.GetValueOrDefault((outcome, reason));
            if (stored != counted)
                fail(Invariants.Tallies, $"{source}: the store tells of {stored} events {outcome} {reason}, the committed offsets of {counted}");
        }
    }
}
