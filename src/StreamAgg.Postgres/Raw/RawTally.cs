using StreamAgg.Core.Events;

namespace StreamAgg.Postgres.Raw;

/// <summary>What became of the rows that were read. Not thread-safe.</summary>
public sealed class RawTally
{
    private readonly SortedDictionary<string, (long Count, string Example)> refused = new(StringComparer.Ordinal);

    /// <summary>Rows that were read, the refused ones too.</summary>
    public long Rows { get; internal set; }

    public long Accepted => Rows - Refused;

    public long Refused { get; private set; }

    public DurationsLeftOut LeftOut { get; internal set; }

    /// <summary>Reasons, how often each, and what the first one was.</summary>
    public IReadOnlyDictionary<string, (long Count, string Example)> Reasons => refused;

    /// <summary>Counts refused rows.</summary>
    /// <param name="reason">One of <see cref="RefusalReason"/>.</param>
    /// <param name="example">Asked for the first time alone.</param>
    /// <param name="count">How many.</param>
    internal void Refuse(string reason, Func<string> example, long count = 1)
    {
        Refused += count;
        refused[reason] = refused.TryGetValue(reason, out var known) ? (known.Count + count, known.Example) : (count, example());
    }

    public void Add(RawTally other)
    {
        foreach (var (reason, (count, example)) in other.refused)
            Refuse(reason, () => example, count);
        Rows += other.Rows;
        LeftOut += other.LeftOut;
    }
}
