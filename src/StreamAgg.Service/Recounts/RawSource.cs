using StreamAgg.Core.Time;
using StreamAgg.Postgres.Raw;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Output;
using StreamAgg.Service.Reports;
using StreamAgg.Traffic.Recount;

namespace StreamAgg.Service.Recounts;

/// <summary>The gateway's own tables. Each chunk is read in a transaction of its own, so that none holds back vacuum for long.</summary>
internal sealed class RawSource(RawReader raw, Terminal terminal, TimeProvider clock) : IRecountSource
{
    public Instant Reach =>
        raw.Beginnings.Values.Min(first => first ?? Instant.MaxValue) is var first && first == Instant.MaxValue ? first : first.Hour.Start;

    public IReadOnlyList<string> LeftOut => raw.LeftOut;

    public IReadOnlyList<string> Missing =>
        [.. raw.Beginnings.Select(table => table.Value is { } first ? $"{table.Key} begins {first}" : $"{table.Key} has no row that counts")];

    public static async Task<IRecountSource> OpenAsync(
        OpenServers open, RawFilter filter, Terminal terminal, TimeProvider clock, CancellationToken stop)
    {
        var raw = await RawReader.OpenAsync(open.Settings.Postgres, open.Settings.Raw, open.Settings.Pipeline.Events, filter, stop);
        foreach (string note in raw.Notes)
            await terminal.Error.WriteLineAsync($"note: {note}");
        return new RawSource(raw, terminal, clock);
    }

    public async Task ReadAsync(ExactRecount into, Hour from, Hour to, CancellationToken stop)
    {
        using var progress = new ProgressLine(terminal, "raw rows", clock);
        var pace = new ChunkPace();
        long done = 0;
        for (Hour at = from, end; at.CompareTo(to) < 0; at = end)
        {
            end = pace.EndOf(at, to);
            long before = done, total = before + await raw.EstimateAsync(at, to, stop);
            var tally = await raw.ReadAsync(at, end, into, rows => Tell(before + rows), stop);
            stop.ThrowIfCancellationRequested();
            done += tally?.Rows ?? throw CommandFaultException.Dependency("The raw tables were not read to their end; run it again.");
            pace.Took(at, end, tally.Rows, partials: 0);

            bool Tell(long rows)
            {
                progress.Tell(rows, Math.Max(rows, total));
                return true;
            }
        }
    }

    public void Dispose() => raw.DisposeAsync().AsTask().GetAwaiter().GetResult();
}
