using Xunit;

namespace StreamAgg.Pipeline.Tests.Telemetry;

/// <summary>A listener hears the meters of the whole process, those of other tests' members too: its tests run beside nothing else.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MetersAlone
{
    public const string Name = "Meters";
}
