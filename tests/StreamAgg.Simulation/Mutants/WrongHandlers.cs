using StreamAgg.Pipeline.Log;

namespace StreamAgg.Simulation.Mutants;

/// <summary>The member as it is; a mutant overrides the one call that it gets wrong.</summary>
internal abstract class ForwardingHandler(ILogHandler inner) : ILogHandler
{
    protected ILogHandler Inner { get; } = inner;

    public void OnRecord(in LogRecord record) => Inner.OnRecord(record);

    public void OnPosition(SourcePartition source, long nextOffset) => Inner.OnPosition(source, nextOffset);

    public void OnAssigned(IReadOnlyList<SourcePartition> partitions) => Inner.OnAssigned(partitions);

    public virtual void OnRevoking(IReadOnlyList<SourcePartition> partitions) => Inner.OnRevoking(partitions);

    public virtual bool IsReleased(SourcePartition source) => Inner.IsReleased(source);

    public virtual void OnRevoked(IReadOnlyList<SourcePartition> partitions) => Inner.OnRevoked(partitions);

    public void OnLost(IReadOnlyList<SourcePartition> partitions) => Inner.OnLost(partitions);

    public void OnOutOfRange(SourcePartition source, long offset, string reason) => Inner.OnOutOfRange(source, offset, reason);

    public virtual void OnTruncated(SourcePartition source, long offset, long sharedEnd, string reason) =>
        Inner.OnTruncated(source, offset, sharedEnd, reason);

    public void Advance() => Inner.Advance();
}

/// <summary>A partition that is given up counts as released at once: nothing of it is written.</summary>
/// <remarks>Harmless by design: what was not written is read again. It stands here as the control that must not be found.</remarks>
internal sealed class RevokesWithoutCheckpoint(ILogHandler inner) : ForwardingHandler(inner)
{
    public override void OnRevoking(IReadOnlyList<SourcePartition> partitions) => Inner.OnLost(partitions);

    public override bool IsReleased(SourcePartition source) => true;
}

/// <summary>What was given up without a checkpoint is kept all the same, and written by the next one.</summary>
internal sealed class KeepsWhatItGaveUp(ILogHandler inner) : ForwardingHandler(inner)
{
    public override void OnRevoking(IReadOnlyList<SourcePartition> partitions)
    {
        // The wrong part: nobody tells the member.
    }

    public override bool IsReleased(SourcePartition source) => true;

    public override void OnRevoked(IReadOnlyList<SourcePartition> partitions)
    {
        // Nor here.
    }
}

/// <summary>Where a log was cut off only its ends are believed: one that grew past the position again seems to lack nothing.</summary>
/// <remarks>This was a fault of the pipeline once.</remarks>
internal sealed class ForgetsSharedEnd(ILogHandler inner) : ForwardingHandler(inner)
{
    public override void OnTruncated(SourcePartition source, long offset, long sharedEnd, string reason) => Inner.OnOutOfRange(source, offset, reason);
}
