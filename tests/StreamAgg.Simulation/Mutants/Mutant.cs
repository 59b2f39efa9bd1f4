using StreamAgg.Pipeline.DeadLetters;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Store;
using StreamAgg.Simulation.Log;
using StreamAgg.Simulation.Store;

namespace StreamAgg.Simulation.Mutants;

/// <summary>One small wrong change. It sits around a port or in the simulated store, so that the product carries no switch for it.</summary>
internal sealed record Mutant(string Name)
{
    public static Mutant None { get; } = new("none");

    /// <summary>Seeds within which most are found; where several things have to meet it takes more.</summary>
    public const long UsualPatience = 2000;

    /// <summary>Seeds within which it has to be found.</summary>
    public long Patience { get; init; } = UsualPatience;

    public StoreRules Rules { get; init; } = StoreRules.Protocol;

    public Func<IAggregateStore, string, IAggregateStore> Store { get; init; } = static (store, _) => store;

    public Func<ILogMetadata, SimConsumer, ILogMetadata> Metadata { get; init; } = static (metadata, _) => metadata;

    public Func<IDeadLetterSink, IDeadLetterSink> Letters { get; init; } = static letters => letters;

    public Func<IEventLog, IEventLog> Log { get; init; } = static log => log;

    public Func<ILogHandler, ILogHandler> Handler { get; init; } = static handler => handler;
}
