namespace StreamAgg.Pipeline.Store;

/// <summary>What identifies an owner's next write. All three are compared by the fence.</summary>
/// <param name="Epoch">Raised by every claim.</param>
/// <param name="Claim">Random per claim: tells claims apart where a database failed over and lost commits.</param>
/// <param name="Checkpoint">The number of the last checkpoint; raised by every one, even by one that moves no offset.</param>
public readonly record struct Fence(long Epoch, Guid Claim, long Checkpoint)
{
    public Fence Next => this with { Checkpoint = Checkpoint + 1 };
}
