using StreamAgg.EndToEnd.Tests.Harness;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace StreamAgg.EndToEnd.Tests.Harness;

/// <summary>What takes longest begins first: else one class runs alone in the end.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Longest = [nameof(TopicChangeTests), nameof(PostgresOutageTests), nameof(HealthTests), nameof(BrokerOutageTests), nameof(ChaosTests)];

    public IReadOnlyCollection<T> OrderTestCollections<T>(IReadOnlyCollection<T> testCollections)
        where T : ITestCollection =>
        [.. testCollections.OrderByDescending(collection => Array.FindIndex(Longest, name => collection.TestCollectionDisplayName.Contains(name, StringComparison.Ordinal)))];
}
