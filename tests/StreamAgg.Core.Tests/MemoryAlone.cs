namespace StreamAgg.Core.Tests;

/// <summary>The heap is the process's: what measures it runs beside nothing else.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MemoryAlone
{
    public const string Name = "memory alone";
}
