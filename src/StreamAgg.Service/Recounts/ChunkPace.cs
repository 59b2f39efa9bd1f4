using StreamAgg.Core.Time;

namespace StreamAgg.Service.Recounts;

/// <summary>
/// How many hours are read at once: as many as can be read in a few seconds, held in memory and written in one transaction, and no more than a
/// day.
/// </summary>
/// <remarks>
/// The last chunk tells of the next one. A day's traffic may be another's thousandfold: what turns out too large is broken off and begun again
/// with less.
/// </remarks>
internal sealed class ChunkPace
{
    /// <summary>Some two seconds of reading, during which the raw tables' server keeps what it might vacuum.</summary>
    private const long MostRows = 1_000_000;

    /// <summary>
    /// Each is 10 to 26 kB in memory, and a row of the state, a sketch and a published row in the transaction, which stops the members'
    /// checkpoints.
    /// </summary>
    private const int MostPartials = 2_000;

    /// <summary>By so much a guess may be wrong before it is thrown away.</summary>
    private const int Excess = 4;

    /// <summary>Growth from one chunk to the next.</summary>
    private const int Step = 4;

    private const int MostHours = 24;

    private int hours = 1;

    /// <summary>Where a chunk ends: a day that is not over would be published in part.</summary>
    public Hour EndOf(Hour from, Hour to)
    {
        int end = Math.Min(from.SinceEpoch + hours, to.SinceEpoch);
        int midnight = new Hour(end).Day.FirstHour.SinceEpoch;
        return new Hour(midnight > from.SinceEpoch ? midnight : end);
    }

    /// <summary>True where a chunk of over an hour is to be broken off.</summary>
    public static bool IsTooLarge(Hour from, Hour to, long rows, int partials) =>
        to.SinceEpoch - from.SinceEpoch > 1 && (rows > MostRows * Excess || partials > MostPartials * Excess);

    /// <summary>After a chunk, or the beginning of one that was too large.</summary>
    public void Took(Hour from, Hour to, long rows, int partials)
    {
        int taken = to.SinceEpoch - from.SinceEpoch;
        double fitting = taken * Math.Min((double)MostRows / Math.Max(rows, 1), (double)MostPartials / Math.Max(partials, 1));
        hours = (int)Math.Clamp(fitting, 1, Math.Min(Math.Max(hours, taken) * Step, MostHours));
    }
}
