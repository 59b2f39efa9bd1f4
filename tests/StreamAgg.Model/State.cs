using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StreamAgg.Model;

/// <summary>Two of a kind: partitions, hours, members, publishers.</summary>
[InlineArray(2)]
internal struct Two<T>
{
    private T item;
}

/// <summary>A state of the small world: plain bytes with none between them, so that it can be hashed and kept by the million.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct State
{
    public Database Store;
    public Two<Member> Members;
    public Two<Publisher> Publishers;

    /// <summary>Who rightfully owns each partition.</summary>
    public Two<byte> Owner;

    /// <summary>How many events each log holds.</summary>
    public Two<byte> Produced;

    public byte Rebalances, Crashes, LostAnswers, Failures, ZombieClaims;
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Database
{
    public Two<Source> Sources;

    /// <summary>By partition, then hour. Rev 0: no row.</summary>
    public Two<Two<byte>> PartialRev;

    /// <summary>Contents are sets of events: a bit each, and in the high byte a bit where one is counted twice.</summary>
    public Two<Two<ushort>> Partial;

    public Two<ushort> Base;
    public Two<ushort> Row;
    public Two<byte> BaseRev;
    public Two<byte> Mark;
    public Two<byte> RowRev;
    public ushort Day;
    public byte DayMark;
    public byte DayRev;
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Source
{
    public byte Epoch, Checkpoint, Next, Watermark;
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Member
{
    public Two<Owned> Owned;
    public Checkpoint Running;

    /// <summary>A COMMIT that was sent and whose answer nobody waits for: it may still arrive, or not.</summary>
    public Checkpoint Orphan;
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Owned
{
    /// <summary>The member believes that the partition is its own.</summary>
    public bool Believes;

    public Phase Phase;
    public byte Epoch, Checkpoint, Start, Position, Watermark;

    /// <summary>A bit for each hour whose partial changed since its last commit.</summary>
    public byte Changed;

    public Two<ushort> Memory;
}

internal enum Phase : byte
{
    None,

    /// <summary>One of the claim's two statements is done.</summary>
    Half,

    Active,
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Checkpoint
{
    public Stage Stage;

    /// <summary>How many of its locks it has.</summary>
    public byte Step;

    /// <summary>A bit for each partition in it.</summary>
    public byte Partitions;

    public ushort Locks;

    /// <summary>Marks that were there and were left as they are (only where a rule is taken out).</summary>
    public ushort Skipped;

    public Two<byte> Folds, Changed, Epoch, Number, Next, Watermark;
    public Two<Two<ushort>> Contents;

    /// <summary>The base as it was read (only where a rule is taken out).</summary>
    public Two<ushort> BaseRead;

    public Two<byte> BaseRevRead;
}

internal enum Stage : byte
{
    None,
    Running,

    /// <summary>The client waits to read the fences back.</summary>
    Unknown,
}

[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Publisher
{
    public Work Work;
    public byte Step, Hour, Seen, InputRev, DayRev;
    public bool Taken, DayTaken, HasReadAll, HasSummed;
    public ushort Locks;
    public ushort Contents, DayContents;
}

internal enum Work : byte
{
    None,
    Hour,
    Day,
}
