using StreamAgg.Core.Events;
using StreamAgg.Pipeline.Store;

namespace StreamAgg.Pipeline.Members;

/// <summary>What became of the events that one partition read since its last checkpoint. Touched by the member's thread only.</summary>
/// <remarks>It goes with the position: taken by the cut, put back where the cut was not written, dropped with the state.</remarks>
internal sealed class OutcomeTally
{
    private readonly Dictionary<(string Outcome, string Reason), long> others = [];
    private long accepted;

    /// <summary>A field's addition: it is called for every record.</summary>
    public void Accepted(int events) => accepted += events;

    public void Refused(string reason, long events) => Add(EventOutcome.Refused, reason, events);

    public void DurationsLeftOut(in DurationsLeftOut leftOut)
    {
        if (leftOut.Negative > 0)
            Add(EventOutcome.DurationLeftOut, Core.Events.DurationsLeftOut.NegativeReason, leftOut.Negative);
        if (leftOut.TooLong > 0)
            Add(EventOutcome.DurationLeftOut, Core.Events.DurationsLeftOut.TooLongReason, leftOut.TooLong);
    }

    public void Skipped(long records) => Add(EventOutcome.Skipped, "", records);

    /// <summary>Everything since the last call, and forgets it.</summary>
    public IReadOnlyList<OutcomeCount> Take()
    {
        if (accepted == 0 && others.Count == 0)
            return [];
        var taken = new List<OutcomeCount>(others.Count + 1);
        if (accepted > 0)
            taken.Add(new OutcomeCount(EventOutcome.Accepted, "", accepted));
        foreach (var (key, events) in others)
            taken.Add(new OutcomeCount(key.Outcome, key.Reason, events));
        accepted = 0;
        others.Clear();
        return taken;
    }

    public void PutBack(IReadOnlyList<OutcomeCount> taken)
    {
        foreach (var count in taken)
        {
            if (count.Outcome == EventOutcome.Accepted)
                accepted += count.Events;
            else
                Add(count.Outcome, count.Reason, count.Events);
        }
    }

    private void Add(string outcome, string reason, long events)
    {
        ref long sum = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(others, (outcome, reason), out _);
        sum += events;
    }
}
