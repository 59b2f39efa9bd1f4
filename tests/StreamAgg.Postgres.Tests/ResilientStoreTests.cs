using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Members;
using StreamAgg.Pipeline.Store;
using StreamAgg.Postgres.Resilience;
using static StreamAgg.Postgres.Tests.Sample;

namespace StreamAgg.Postgres.Tests;

public class ResilientStoreTests
{
    private readonly List<Exception?> retries = [];
    private int calls;

    [Fact]
    public async Task What_is_over_at_once_is_hidden_and_counted()
    {
        ResilientStore store = Store(call => call < 2 ? new StoreUnavailableException("down") : null);
        Assert.Equal(Hour(0).Start, await store.NowAsync(None));
        Assert.Equal((2, 1), (calls, retries.Count));
    }

    [Fact]
    public async Task What_lasts_is_told_after_a_few_tries()
    {
        ResilientStore store = Store(_ => new StoreUnavailableException("down"));
        Assert.Equal("down", (await Assert.ThrowsAsync<StoreUnavailableException>(() => store.NowAsync(None))).Message);
        Assert.Equal(3, calls);
    }

    [Fact]
    public async Task An_unknown_outcome_and_a_broken_invariant_are_never_tried_again()
    {
        await Assert.ThrowsAsync<CommitOutcomeUnknownException>(() => Store(_ => new CommitOutcomeUnknownException("lost")).NowAsync(None));
        await Assert.ThrowsAsync<InvalidDataException>(() => Store(_ => new InvalidDataException("broken")).NowAsync(None));
        Assert.Equal((2, 0), (calls, retries.Count));
    }

    [Fact]
    public async Task An_outage_opens_the_breaker_which_refuses_without_asking_and_closes_when_it_is_over()
    {
        bool isDown = true;
        ResilientStore store = Store(_ => isDown ? new StoreUnavailableException("down") : null);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.NowAsync(None));
        Assert.Equal(3, calls);
        StoreUnavailableException open = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.NowAsync(None));
        Assert.Equal("PostgreSQL is not asked for a moment, it failed too often: down", open.Message);
        Assert.Equal(3, calls);

        isDown = false;
        for (int attempt = 0; attempt < 100 && calls == 3; attempt++)
        {
            await Task.Delay(20, None);
            try { await store.NowAsync(None); }
            catch (StoreUnavailableException) when (calls == 3) { }
        }
        Assert.Equal(4, calls);
    }

    [Fact]
    public async Task A_try_that_hangs_is_ended_and_told_as_an_outage()
    {
        ResilientStore store = new ResilientStore(
            new FakeStore(async token =>
            {
                calls++;
                await Task.Delay(Timeout.Infinite, token);
            }),
            new Backoff(static () => 0), TimeProvider.System, attemptTimeout: TimeSpan.FromMilliseconds(50));
        Assert.Equal("PostgreSQL did not answer within 0.1 s.", (await Assert.ThrowsAsync<StoreUnavailableException>(() => store.NowAsync(None))).Message);
        Assert.Equal(3, calls);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.NowAsync(cancelled.Token));
    }

    [Fact]
    public async Task Loading_partials_takes_as_long_as_their_pages_take()
    {
        ResilientStore store = new ResilientStore(
            new FakeStore(token => Task.Delay(200, token)),
            new Backoff(static () => 0), TimeProvider.System, attemptTimeout: TimeSpan.FromMilliseconds(50));
        Assert.Empty(await store.LoadPartialsAsync(Usage0, None));
    }

    private ResilientStore Store(Func<int, Exception?> fails) => new(
        new FakeStore(_ => fails(++calls) is { } failure ? Task.FromException(failure) : Task.CompletedTask),
        new Backoff(static () => 0),
        TimeProvider.System,
        retries.Add,
        breakDuration: TimeSpan.FromMilliseconds(500));

    /// <summary>Answers two questions, in the way the test wants.</summary>
    private sealed class FakeStore(Func<CancellationToken, Task> behave) : IAggregateStore
    {
        public async Task<Instant> NowAsync(CancellationToken cancellation)
        {
            await behave(cancellation);
            return Hour(0).Start;
        }

        public Task<bool> IsTopicKnownAsync(string topic, CancellationToken cancellation) => throw new NotSupportedException();

        public Task IntroduceTopicAsync(string topic, string topicId, IReadOnlyList<long> startOffsets, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<PartitionClaim> ClaimAsync(SourcePartition source, string owner, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<Fence?> AdoptTopicIdAsync(SourcePartition source, Fence fence, string topicId, Gap? gap, CancellationToken cancellation) => throw new NotSupportedException();

        public async Task<IReadOnlyList<PartialRow>> LoadPartialsAsync(SourcePartition source, CancellationToken cancellation)
        {
            await behave(cancellation);
            return [];
        }

        public Task<CheckpointResult> CheckpointAsync(IReadOnlyList<PartitionCheckpoint> partitions, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<IReadOnlyDictionary<SourcePartition, Fence>> ReadFencesAsync(IReadOnlyCollection<SourcePartition> partitions, CancellationToken cancellation) => throw new NotSupportedException();

        public Task RecordGapAsync(Gap gap, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<DirtySnapshot<Hour>> ReadDirtyHoursAsync(IReadOnlyCollection<SourcePartition> partitions, int limit, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<PublishResult> PublishHoursAsync(IReadOnlyList<Publication<Hour>> hours, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<DirtySnapshot<Day>> ReadDirtyDaysAsync(IReadOnlyCollection<SourcePartition> partitions, int limit, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<PublishResult> PublishDaysAsync(IReadOnlyList<Publication<Day>> days, CancellationToken cancellation) => throw new NotSupportedException();
    }
}
