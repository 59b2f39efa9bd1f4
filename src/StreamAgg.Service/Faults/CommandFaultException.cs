using StreamAgg.Pipeline.Faults;

namespace StreamAgg.Service.Faults;

/// <summary>A verb ends here, with this exit code and one line a fault for the person who called it.</summary>
internal sealed class CommandFaultException(int exitCode, IReadOnlyList<string> lines, Exception? inner = null)
    : Exception(string.Join(Environment.NewLine, lines), inner)
{
    public int ExitCode { get; } = exitCode;

    public IReadOnlyList<string> Lines { get; } = lines;

    /// <summary>The line in its two halves; null where it is one.</summary>
    public Diagnosis? Diagnosis { get; private init; }

    public static CommandFaultException Usage(params IReadOnlyList<string> lines) => new(Faults.ExitCode.Usage, lines);

    public static CommandFaultException Dependency(string line, Exception? inner = null) => new(Faults.ExitCode.Dependency, [line], inner);

    public static CommandFaultException Dependency(Diagnosis diagnosis, Exception? inner = null) =>
        new(Faults.ExitCode.Dependency, [diagnosis.ToString()], inner) { Diagnosis = diagnosis };
}
