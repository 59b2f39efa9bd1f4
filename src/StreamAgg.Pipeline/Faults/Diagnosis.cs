namespace StreamAgg.Pipeline.Faults;

/// <summary>What is not as it must be, and what a person does about it: the two halves of one line, for whoever shows them apart.</summary>
/// <param name="Found">Ends with the mark that leads over to the remedy: a full stop, a colon or a semicolon.</param>
/// <param name="Remedy">An imperative, or a command; empty where it may only be a matter of time.</param>
public sealed record Diagnosis(string Found, string Remedy)
{
    public override string ToString() => $"{Found} {Remedy}".TrimEnd();
}
