using StreamAgg.Pipeline.Faults;

namespace StreamAgg.Service.Check;

/// <summary>One thing that must be so before <c>run</c> can do its work.</summary>
/// <param name="Name">A noun, for people and programs.</param>
/// <param name="Needs">Names of those before it without which it can't be asked for.</param>
/// <param name="AskAsync">Looks and changes nothing. What a server refuses, or its absence, may be thrown: it is told as <c>run</c> tells it.</param>
/// <param name="Silence">What is told where no answer comes.</param>
internal sealed record Precondition(
    string Name, IReadOnlyList<string> Needs, Func<CancellationToken, Task<Finding>> AskAsync, Diagnosis Silence);

/// <summary>A precondition by its name, and what was found of it.</summary>
internal sealed record CheckLine(string Name, Finding Finding);
