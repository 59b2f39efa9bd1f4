using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Queries;
using static StreamAgg.Postgres.Tests.Sample;

namespace StreamAgg.Postgres.Tests;

public class TallyTests(TestServer server)
{
    [Fact]
    public async Task Outcomes_are_added_up_by_the_minute_and_with_the_checkpoint_or_not_at_all()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        Fence fence = await database.Store.FenceAsync(Usage0);
        PartitionCheckpoint told = Checkpoint(Usage0, fence, 1) with { Outcomes = [new(EventOutcome.Accepted, "", 3), new(EventOutcome.Refused, "too_old", 1)] };
        await database.Store.CommitAsync(told);
        // The same again is fenced; the next one is not.
        Assert.False((await database.Store.CheckpointAsync([told], None)).IsCommitted);
        await database.Store.CommitAsync(told with { Fence = fence.Next });

        Assert.Equal(
            ["accepted||6", "refused|too_old|2"],
            await database.RowsAsync("SELECT outcome, reason, sum(events)::bigint FROM streamagg.event_tally GROUP BY 1, 2 ORDER BY 1"));
    }

    [Fact]
    public async Task Minutes_that_are_over_two_hours_old_become_one_row()
    {
        await using TestDatabase database = await server.CreateMigratedAsync();
        Fence fence = await database.Store.FenceAsync(Usage0);
        OutcomeCount[] outcomes = [new(EventOutcome.Accepted, "", 3), new(EventOutcome.Refused, "too_old", 1)];
        for (int age = 1; age <= 4; age++)
        {
            await database.Store.CommitAsync(Checkpoint(Usage0, fence, age) with { Outcomes = outcomes });
            fence = fence.Next;
            await database.ExecuteAsync("UPDATE streamagg.event_tally SET minute = minute - interval '50 minutes'");
        }
        await database.Store.CommitAsync(Checkpoint(Usage0, fence, 5) with { Outcomes = outcomes });

        // 200 and 150 minutes old, then 100, 50 and now.
        Assert.Equal(
            ["accepted|6", "accepted|3", "accepted|3", "accepted|3", "refused|2", "refused|1", "refused|1", "refused|1"],
            await database.RowsAsync("SELECT outcome, events FROM streamagg.event_tally ORDER BY outcome, minute"));
        StoreStatus status = await new AggregateQueries(database.Source, "default", "public").StatusAsync(null, None);
        Assert.Equal([("accepted", "", 15, 6), ("refused", "too_old", 5, 2)], status.Events.Select(e => (e.Outcome, e.Reason, e.Total, e.LastHour)));
    }
}
