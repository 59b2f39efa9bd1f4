namespace StreamAgg.EndToEnd.Tests.Harness;

/// <summary>Tests that take every processor for as long as they run: after all others, so that neither waits for the other.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Storm
{
    public const string Name = "storm";
}
