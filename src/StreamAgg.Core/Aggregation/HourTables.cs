using StreamAgg.Core.Rollups;
using StreamAgg.Core.Time;

namespace StreamAgg.Core.Aggregation;

/// <summary>The partials of one hour in every rollup. Not thread-safe.</summary>
public sealed class HourTables
{
    private readonly HourPartials[] tables;
    private readonly IReadOnlyList<Rollup> rollups;

    /// <param name="hour">Which.</param>
    /// <param name="rollups">At least one, in the order of events' labels.</param>
    /// <param name="compression">Of the digests.</param>
    public HourTables(Hour hour, IReadOnlyList<Rollup> rollups, int compression)
    {
        Hour = hour;
        this.rollups = rollups;
        tables = [.. rollups.Select(rollup => new HourPartials(hour, rollup, compression))];
    }

    public Hour Hour { get; }

    public int Count
    {
        get
        {
            int count = 0;
            foreach (HourPartials table in tables)
                count += table.Count;
            return count;
        }
    }

    public IEnumerable<Partial> Partials => tables.SelectMany(table => table.Partials);

    /// <summary>By the rollups' places.</summary>
    public ReadOnlySpan<HourPartials> Tables => tables;

    /// <summary>The partials of a rollup; null where it is none of these.</summary>
    public HourPartials? Of(string rollup)
    {
        for (int i = 0; i < tables.Length; i++)
            if (rollups[i].Name == rollup)
                return tables[i];
        return null;
    }
}
