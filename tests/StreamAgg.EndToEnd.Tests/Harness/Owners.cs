namespace StreamAgg.EndToEnd.Tests.Harness;

/// <summary>Which members hold partitions, as the store tells.</summary>
internal static class Owners
{
    /// <summary>0 while there is a partition that nobody has claimed.</summary>
    public static async Task<int> CountAsync(Deployment deployment)
    {
        var partitions = (await deployment.State.PartitionsAsync()).Values;
        var owners = partitions.Select(row => row.Owner).Distinct().ToList();
        // A topic that was not introduced yet has no rows at all.
        return partitions.Count() < 2 * deployment.Events.Partitions || owners.Contains(null) ? 0 : owners.Count;
    }
}
