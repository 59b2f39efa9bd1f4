using StreamAgg.Core.Rollups;
using StreamAgg.Pipeline.Faults;
using StreamAgg.Pipeline.Members;
using StreamAgg.Postgres.Columns;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Postgres.Schema;

/// <summary>Holds the configured rollups against those of the database.</summary>
internal static class RollupList
{
    private const string Known = "SELECT name, dimensions, id FROM streamagg.rollup WHERE pipeline = @pipeline ORDER BY name";

    /// <returns>The ids of the database's.</returns>
    /// <exception cref="PipelineStoppedException">They are others than the configured ones: what is written would be part of them only.</exception>
    public static async Task<long[]> RequireAsync(StoreTransaction transaction, string pipeline, IReadOnlyList<Rollup> configured)
    {
        var known = await ReadAsync(transaction, pipeline);
        return Difference(configured, [.. known.Select(rollup => (rollup.Name, rollup.Dimensions))]) is { } difference
            ? throw new PipelineStoppedException(difference.ToString())
            : [.. known.Select(rollup => rollup.Id)];
    }

    /// <summary>The database's, without that by platform, by their names.</summary>
    public static async Task<IReadOnlyList<(string Name, string[] Dimensions, long Id)>> ReadAsync(StoreTransaction transaction, string pipeline)
    {
        var known = new List<(string, string[], long)>();
        await transaction.QueryAsync(
            Known, p => p.With("pipeline", pipeline), row => known.Add((row.GetString(0), row.GetFieldValue<string[]>(1), row.GetInt64(2))));
        return known;
    }

    /// <param name="configured">That by platform among them.</param>
    /// <param name="known">The database's, without that by platform.</param>
    /// <returns>Null where they are the same.</returns>
    public static Diagnosis? Difference(IReadOnlyList<Rollup> configured, IReadOnlyList<(string Name, string[] Dimensions)> known)
    {
        string here = Text(configured.Where(rollup => rollup.Name != Rollup.Platform).Select(rollup => (rollup.Name, rollup.Dimensions)));
        string there = Text(known.Select(rollup => (rollup.Name, (IReadOnlyList<string>)rollup.Dimensions)));
        return here == there ? null : new(
            $"The database's rollups are {there}, the configured ones are {here};",
            "run `streamagg migrate` with the configuration of all members, or give this one the database's section StreamAgg:Rollups.");
    }

    private static string Text(IEnumerable<(string Name, IReadOnlyList<string> Dimensions)> rollups)
    {
        string all = string.Join(", ", rollups.OrderBy(rollup => rollup.Name, StringComparer.Ordinal)
            .Select(rollup => $"{rollup.Name} ({string.Join(", ", rollup.Dimensions)})"));
        return all.Length == 0 ? "none" : all;
    }
}
