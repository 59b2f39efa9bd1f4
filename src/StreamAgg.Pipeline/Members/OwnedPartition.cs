using StreamAgg.Pipeline.Log;
using StreamAgg.Pipeline.Options;
using StreamAgg.Pipeline.Store;
using StreamAgg.Pipeline.Telemetry;

namespace StreamAgg.Pipeline.Members;

/// <summary>An assigned partition: its state, and the claim or gap search that is under way for it.</summary>
internal sealed class OwnedPartition
{
    private readonly MemberServices services;
    private readonly StoreClock clock;
    private readonly NextAttempt attempt;
    private Task<ClaimedPartition?>? claim;
    private CancellationTokenSource? claiming;
    private Task<(Gap Gap, long NextOffset)?>? gapSearch;
    private string gapReason = "";
    private long? sharedEnd;

    public OwnedPartition(SourcePartition source, MemberServices services, StoreClock clock)
    {
        this.services = services;
        this.clock = clock;
        Source = source;
        State = NewState();
        attempt = new NextAttempt(services.Time, services.Backoff);
        SavedAt = services.Time.GetTimestamp();
    }

    public SourcePartition Source { get; }

    public PartitionState State { get; private set; }

    /// <summary>Monotonic, of the last checkpoint that was written or had nothing to write; before the first, of the assignment.</summary>
    public long SavedAt { get; private set; }

    /// <summary>True while the log lacks what comes next and nobody knows yet what it holds.</summary>
    public bool IsLookingForGap { get; private set; }

    /// <summary>True once nothing of the partition is left to be written.</summary>
    public bool IsReleased => State.Phase switch
    {
        PartitionPhase.Dropped => true,
        PartitionPhase.Releasing => !State.InCheckpoint && !State.HasUnsaved,
        _ => false,
    };

    /// <summary>What a member with these shows to others.</summary>
    public static MemberStatus StatusOf(IReadOnlyCollection<OwnedPartition> owned, long heldBytes, bool isPaused)
    {
        var partitions = new List<PartitionProgress>();
        int open = 0;
        long? waitingSince = null;
        foreach (var partition in owned)
        {
            var state = partition.State;
            if (state.Phase == PartitionPhase.Dropped)
                continue;
            waitingSince = Math.Min(waitingSince ?? long.MaxValue, partition.SavedAt);
            if (state.Phase is not (PartitionPhase.Active or PartitionPhase.Releasing))
                continue;
            open += state.PartialCount;
            partitions.Add(new PartitionProgress(state.Source, state.CommittedPosition, state.Watermark));
        }

        return new MemberStatus(partitions, open, heldBytes, isPaused) { WaitingSince = waitingSince };
    }

    /// <summary>Starts what is due, takes over what is finished; never waits.</summary>
    /// <returns>Where reading is to start; null where nothing starts now.</returns>
    /// <exception cref="PipelineStoppedException">A gap, and gaps stop the pipeline.</exception>
    public long? Advance(CancellationToken cancellation, bool mayClaim)
    {
        if (State.Phase == PartitionPhase.Unclaimed && mayClaim && attempt.IsDue)
        {
            State.Phase = PartitionPhase.Claiming;
            claiming = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            claim = ClaimAttempt.RunAsync(services, Source, claiming.Token);
        }

        if (claim is { IsCompleted: true })
            return FinishClaim();
        if (IsLookingForGap)
            return SearchGap(cancellation);
        return null;
    }

    /// <summary>Another claim, later: the state is of no use any more.</summary>
    public void StartOver()
    {
        Drop();
        State = NewState();
        attempt.Failed();
    }

    public void Release()
    {
        if (State.Phase == PartitionPhase.Active)
            State.Phase = PartitionPhase.Releasing;
        else if (State.Phase != PartitionPhase.Releasing)
            Drop();
    }

    public void Drop()
    {
        State.Phase = PartitionPhase.Dropped;
        // A claim that went on would fence whoever is given the partition next.
        claiming?.Cancel();
        EndClaim();
        (gapSearch, IsLookingForGap) = (null, false);
    }

    /// <param name="reason">One line for a person.</param>
    /// <param name="sharedEnd">Up to where the log still holds what was read from it; null where only its ends can tell.</param>
    public void FindGap(string reason, long? sharedEnd, CancellationToken cancellation)
    {
        if (State.Phase != PartitionPhase.Active || IsLookingForGap)
            return;
        IsLookingForGap = true;
        gapReason = reason;
        this.sharedEnd = sharedEnd;
        SearchGap(cancellation);
    }

    /// <summary>A checkpoint went through: the next failure waits as little as a first one.</summary>
    public void Succeeded()
    {
        attempt.Succeeded();
        SavedAt = services.Time.GetTimestamp();
    }

    private long? FinishClaim()
    {
        var finished = claim!;
        EndClaim();
        if (State.Phase != PartitionPhase.Claiming)
            return null;
        if (finished.GetAwaiter().GetResult() is not { } claimed)
        {
            State.Phase = PartitionPhase.Unclaimed;
            attempt.Failed();
            return null;
        }

        clock.Told(claimed.AskedAt);
        State.Activate(claimed.Claim, claimed.TopicId, claimed.Partials);
        services.Happenings.Claimed(Source, claimed.Claim.NextOffset, claimed.Claim.Fence.Epoch, claimed.Partials.Count);
        return State.Position;
    }

    private void EndClaim()
    {
        claiming?.Dispose();
        (claim, claiming) = (null, null);
    }

    private long? SearchGap(CancellationToken cancellation)
    {
        if (gapSearch is null)
        {
            if (attempt.IsDue)
                gapSearch = SearchAsync(cancellation);
            return null;
        }

        // The gap belongs to the state as it stands: a checkpoint under way must not overlap with the jump.
        if (!gapSearch.IsCompleted || State.InCheckpoint)
            return null;
        var finished = gapSearch;
        (gapSearch, IsLookingForGap) = (null, false);
        try
        {
            if (finished.GetAwaiter().GetResult() is { } found)
            {
                services.Happenings.GapFound(found.Gap);
                State.Skip(found.Gap, found.NextOffset);
            }
            else
            {
                attempt.Failed();
            }

            return State.Phase == PartitionPhase.Active ? State.Position : null;
        }
        catch (Exception e) when (e is StoreUnavailableException or LogUnavailableException or CommitOutcomeUnknownException)
        {
            services.Happenings.ClaimFailed(Source, e.Message);
            IsLookingForGap = true;
            attempt.Failed();
            return null;
        }
    }

    private async Task<(Gap Gap, long NextOffset)?> SearchAsync(CancellationToken cancellation)
    {
        var found = await GapPolicy.FindAsync(services, Source, State.Position, sharedEnd, gapReason, cancellation);
        if (found is { } gap && services.Options.OnGap == GapAction.Stop)
            await GapPolicy.StopAsync(services, gap.Gap, cancellation);
        return found;
    }

    private PartitionState NewState() => new(Source, services.Topics.KindOf(Source.Topic), services.Options);
}
