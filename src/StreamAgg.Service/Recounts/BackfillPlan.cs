using StreamAgg.Core.Time;
using StreamAgg.Postgres.Queries;
using StreamAgg.Service.Faults;

namespace StreamAgg.Service.Recounts;

/// <summary>What a person asked to be filled; null: as much as there is.</summary>
internal sealed record BackfillRange(Instant? From, Instant? To, bool IsReplacing);

/// <summary>Which hours are to be filled, and which are filled already.</summary>
/// <param name="From">The first hour.</param>
/// <param name="To">Up to it; no later than <paramref name="From"/> where there is nothing to fill.</param>
/// <param name="PassedOver">Hours of the range that were filled before.</param>
/// <param name="Occupied">Hours of the range that hold anything and are to be replaced.</param>
internal sealed record BackfillPlan(Hour From, Hour To, IReadOnlySet<Hour> PassedOver, IReadOnlySet<Hour> Occupied)
{
    private const int MostNamed = 10;

    private static readonly TimeSpan OneTick = TimeSpan.FromTicks(1);

    /// <summary>Hours that are to be filled.</summary>
    public int Hours => Math.Max(0, To.SinceEpoch - From.SinceEpoch) - PassedOver.Count;

    /// <param name="range">What was asked for.</param>
    /// <param name="state">What is counted.</param>
    /// <param name="oldest">The first raw row; null: there is none.</param>
    /// <exception cref="CommandFaultException">Some hour of it must not be filled.</exception>
    public static BackfillPlan Of(BackfillRange range, BackfillState state, Instant? oldest)
    {
        Hour closed = ClosedOf(state);
        Hour[] live = [.. state.Counted.Where(hour => !state.Filled.Contains(hour))];
        Hour from = range.From?.Hour ?? oldest?.Hour ?? closed, to = closed;
        if (range.To is { } end)
            to = (end - OneTick).Hour.End.Hour;
        else if (!range.IsReplacing && live.FirstOrDefault(hour => hour.CompareTo(from) >= 0, closed) is var first && first.CompareTo(closed) < 0)
            to = first;
        if (range.From is not null && to.CompareTo(from) <= 0 && live.Contains(from))
            to = new Hour(from.SinceEpoch + 1);

        RefuseOpen(from, to, closed, state);
        Hour[] inRange = [.. live.Where(IsInRange)];
        if (!range.IsReplacing && inRange.Length > 0)
            throw CommandFaultException.Dependency(
                $"{inRange.Length} hour{(inRange.Length == 1 ? "" : "s")} of {from} to {to} {(inRange.Length == 1 ? "was" : "were")} counted "
                    + $"here from the stream: {Named(inRange)}. Nothing was changed. Leave them out (--from, --to), or replace them as a whole "
                        + "by what the raw tables hold: --replace.");
        return new BackfillPlan(
            from, to,
            range.IsReplacing ? new HashSet<Hour>() : state.Filled.Where(IsInRange).ToHashSet(),
            state.Counted.Concat(state.Filled).Where(IsInRange).ToHashSet());

        bool IsInRange(Hour hour) => hour.CompareTo(from) >= 0 && hour.CompareTo(to) < 0;
    }

    /// <summary>The first hour that is not over, or that the stream has not passed.</summary>
    private static Hour ClosedOf(BackfillState state)
    {
        if (state.Partitions.FirstOrDefault(partition => partition.Watermark is null) is { } unread)
            throw CommandFaultException.Dependency(
                $"No hour is closed yet: {unread.Source} has no watermark. Nothing was changed. Let `streamagg run` read on, and see "
                    + "`streamagg status`.");
        return state.Partitions.Aggregate(state.Now, (closed, partition) => Instant.Min(closed, partition.Watermark!.Value)).Hour;
    }

    private static void RefuseOpen(Hour from, Hour to, Hour closed, BackfillState state)
    {
        if (to.CompareTo(closed) <= 0)
            return;
        Hour open = from.CompareTo(closed) > 0 ? from : closed;
        throw CommandFaultException.Dependency(open.End > state.Now
            ? $"The hour {open} is not over yet. Nothing was changed. The last hour that can be filled ends {closed}: --to {closed}."
            : $"The hour {open} is not closed yet: the stream is counted up to {state.Partitions.Min(partition => partition.Watermark)}. "
                + $"Nothing was changed. Fill up to --to {closed}, or wait (`streamagg status`).");
    }

    private static string Named(Hour[] hours) =>
        string.Join(", ", hours.Take(MostNamed)) + (hours.Length > MostNamed ? $" and {hours.Length - MostNamed} more up to {hours[^1]}" : "");
}
