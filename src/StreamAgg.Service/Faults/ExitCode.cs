namespace StreamAgg.Service.Faults;

/// <summary>What the process says to its caller. Fixed: scripts rely on it.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>A fault that nobody foresaw: the only one that is shown with its stack.</summary>
    public const int Unexpected = 1;

    /// <summary>Wrong usage or configuration.</summary>
    public const int Usage = 2;

    /// <summary>A dependency could not be reached or is not as it must be.</summary>
    public const int Dependency = 3;

    /// <summary>A comparison found differences.</summary>
    public const int Differences = 4;
}
