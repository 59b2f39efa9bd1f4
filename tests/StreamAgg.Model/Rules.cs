namespace StreamAgg.Model;

/// <summary>One small world of the store protocol: its log, how much may go wrong in it, and the rules that hold. All true: the protocol as written.</summary>
internal sealed record Rules(string Name)
{
    /// <summary>The hour (0 or 1) of each event, by partition and offset. At most four a partition.</summary>
    public required byte[][] Logs { get; init; }

    /// <summary>Of each partition's events, so many are produced only later.</summary>
    public byte[] Late { get; init; } = [0, 0];

    public byte Rebalances { get; init; }

    public byte Crashes { get; init; }

    /// <summary>Commits whose answer is lost.</summary>
    public byte LostAnswers { get; init; }

    /// <summary>Checkpoints that fail and say so.</summary>
    public byte Failures { get; init; }

    /// <summary>Claims by a member that does not know yet that the partition went to another.</summary>
    public byte ZombieClaims { get; init; }

    /// <summary>A bit for each hour that is ever folded.</summary>
    public byte Folds { get; init; } = 1;

    /// <summary>0 to 2: without any the ownership alone is explored.</summary>
    public int Publishers { get; init; }

    public bool HasDay { get; init; }

    /// <summary>Each lock a step of its own; otherwise what is free at once is taken at once.</summary>
    public bool IsFine { get; init; }

    public bool ReadsWhileCommitting { get; init; }

    public bool LoadsAfterClaim { get; init; } = true;

    public bool ComparesEpoch { get; init; } = true;

    public bool ComparesCheckpoint { get; init; } = true;

    public bool ReadsFencesBack { get; init; } = true;

    public bool Detaches { get; init; } = true;

    public bool AddsToBase { get; init; } = true;

    public bool CountsFoldedChange { get; init; } = true;

    public bool RenewsMark { get; init; } = true;

    public bool ComparesMark { get; init; } = true;

    public bool ReadsOneSnapshot { get; init; } = true;

    public bool GuardsHour { get; init; } = true;

    public bool GuardsDay { get; init; } = true;

    public bool GatesDay { get; init; } = true;

    public bool PublishesDayApart { get; init; } = true;

    public bool ClaimsAgain { get; init; } = true;

    public bool LocksInOrder { get; init; } = true;
}
