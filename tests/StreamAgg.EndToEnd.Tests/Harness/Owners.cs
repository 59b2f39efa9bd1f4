namespace StreamAgg.EndToEnd.Tests.Harness;

/// <summary>Which members hold partitions, as the store tells.</summary>
internal static class Owners
{
    /// <summary>0 while there is a partition that nobody has claimed.</summary>
    public static async Task<int> CountAsync(Deployment deployment)
    {
        var owners = (await deployment.State.PartitionsAsync()).Values.Select(row => row.Owner).Distinct().ToList();
        return owners.Contains(null) ? 0 : owners.Count;
    }
}
