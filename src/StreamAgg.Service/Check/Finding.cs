using StreamAgg.Pipeline.Faults;
using StreamAgg.Pipeline.Options;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Check;

/// <summary>What was found of one precondition.</summary>
internal sealed record Finding
{
    private Finding(bool isOk, bool isThere, string detail, string remedy = "") =>
        (IsOk, IsThere, Detail, Remedy) = (isOk, isThere, Shown(detail), Shown(Capital(remedy)));

    public bool IsOk { get; }

    /// <summary>False where what depends on it can't be asked: it is not as it must be, or a start has still to make it.</summary>
    public bool IsThere { get; }

    /// <summary>True where it was not asked for: something that it depends on is not there.</summary>
    public bool IsWaiting { get; private init; }

    /// <summary>One line.</summary>
    public string Detail { get; }

    /// <summary>What a person does about it; empty where it holds.</summary>
    public string Remedy { get; }

    public static Finding Ok(string detail) => new(isOk: true, isThere: true, detail);

    /// <summary>Not there, and no fault: the settings let <c>run</c> make it.</summary>
    public static Finding Later(string detail) => new(isOk: true, isThere: false, detail);

    public static Finding Failed(Diagnosis diagnosis) => new(isOk: false, isThere: false, diagnosis.Found.TrimEnd(':', ';'), diagnosis.Remedy);

    /// <summary>A check that can't be made is as good as what it waits for.</summary>
    /// <param name="name">Of what it waits for.</param>
    /// <param name="finding">What was found of that.</param>
    public static Finding WaitsFor(string name, Finding finding) =>
        new(finding.IsOk, isThere: false, $"not checked: it waits for {name}", finding.Remedy) { IsWaiting = true };

    /// <summary>Of a server's words nothing that may be a password.</summary>
    private static string Shown(string text) => Secrets.Hide(OneLine.Of(text)).TrimEnd('.');

    private static string Capital(string text) => text.Length == 0 ? "" : char.ToUpperInvariant(text[0]) + text[1..];
}
