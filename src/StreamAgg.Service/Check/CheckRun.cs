using StreamAgg.Service.Faults;

namespace StreamAgg.Service.Check;

/// <summary>Asks for every precondition: one that does not hold hides no other, and what depends on it says so.</summary>
internal static class CheckRun
{
    /// <summary>For one precondition: longer than the client's own time-out of brokers (7 s).</summary>
    public static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    /// <param name="preconditions">Each behind those that it needs.</param>
    /// <param name="clock">Of the time-out.</param>
    /// <param name="stop">Ends the asking.</param>
    public static async Task<IReadOnlyList<CheckLine>> AskAsync(IEnumerable<Precondition> preconditions, TimeProvider clock, CancellationToken stop)
    {
        var lines = new List<CheckLine>();
        foreach (var precondition in preconditions)
        {
            var missing = lines.Find(line => !line.Finding.IsThere && precondition.Needs.Contains(line.Name));
            lines.Add(new CheckLine(
                precondition.Name, missing is null ? await AskAsync(precondition, clock, stop) : Finding.WaitsFor(missing.Name, missing.Finding)));
        }

        return lines;
    }

    private static async Task<Finding> AskAsync(Precondition precondition, TimeProvider clock, CancellationToken stop)
    {
        using var deadline = new CancellationTokenSource(AnswerTimeout, clock);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, stop);
        try
        {
            return await precondition.AskAsync(ending.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return Finding.Failed(precondition.Silence);
        }
        catch (Exception fault) when (FaultText.DiagnosisOf(fault) is { } diagnosis)
        {
            return Finding.Failed(diagnosis);
        }
    }
}
