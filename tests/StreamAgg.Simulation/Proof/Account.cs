using StreamAgg.Core.Aggregation;

namespace StreamAgg.Simulation.Proof;

/// <summary>What the committed offsets have counted in one hour or day, and what it was at each commit that changed it.</summary>
internal sealed class Account
{
    private readonly List<BucketTotals> history = [default];
    private int published;

    public BucketTotals Totals;

    public bool WasPublished => published > 0;

    public List<long> DurationsMicros { get; } = [];

    /// <summary>Call after each commit that changed the totals.</summary>
    public void Remember() => history.Add(Totals);

    /// <summary>True where the row shows a committed state that is not older than the one published before.</summary>
    public bool TryPublish(in BucketTotals row)
    {
        for (int i = published; i < history.Count; i++)
        {
            if (history[i] != row)
                continue;
            published = i;
            return true;
        }
        return false;
    }

    /// <summary>Whether the row was true at any time: tells a row that went back from one that never was.</summary>
    public bool WasEver(BucketTotals row) => history.Exists(state => state == row);
}
