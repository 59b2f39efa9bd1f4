namespace StreamAgg.Model;

/// <summary>Row locks as bits, in the protocol's order.</summary>
internal static class Lock
{
    public const int DayMark = 8;
    public const int Day = 9;

    public static int Source(int p) => p;

    public static int Base(int hour) => 2 + hour;

    public static int Mark(int hour) => 4 + hour;

    public static int Row(int hour) => 6 + hour;
}

/// <summary>Who holds or wants a lock.</summary>
internal enum Who
{
    Nobody = -1,
    Member0 = 0,
    Orphan0 = 2,
    Publisher0 = 4,
}

internal sealed partial class Protocol
{
    private static bool IsFree(in State state, int wanted, Who who) => HolderOf(state, wanted, who) == Who.Nobody;

    private static Who HolderOf(in State state, int wanted, Who except)
    {
        int bit = 1 << wanted;
        for (int i = 0; i < Two; i++)
        {
            if ((state.Members[i].Running.Locks & bit) != 0 && except != Who.Member0 + i)
                return Who.Member0 + i;
            if ((state.Members[i].Orphan.Locks & bit) != 0)
                return Who.Orphan0 + i;
            if ((state.Publishers[i].Locks & bit) != 0 && except != Who.Publisher0 + i)
                return Who.Publisher0 + i;
        }
        return Who.Nobody;
    }

    /// <summary>The next lock that somebody waits for; -1 where he waits for none.</summary>
    private int WantedBy(in State state, Who who)
    {
        if (who is Who.Member0 or Who.Member0 + 1)
        {
            Checkpoint checkpoint = state.Members[(int)who].Running;
            return checkpoint.Stage == Stage.Running ? LockAt(checkpoint, (int)who) : -1;
        }
        if (who < Who.Publisher0)
            return -1;
        Publisher publisher = state.Publishers[who - Who.Publisher0];
        return publisher.Work == Work.None ? -1 : LockAt(publisher);
    }

    private bool IsDeadlocked(in State state)
    {
        for (Who who = Who.Member0; who < Who.Publisher0 + Two; who++)
        {
            Who at = who;
            for (int i = 0; i < 6; i++)
            {
                int wanted = WantedBy(state, at);
                if (wanted < 0 || (at = HolderOf(state, wanted, at)) == Who.Nobody)
                    break;
                if (at == who)
                    return true;
            }
        }
        return false;
    }

    /// <summary>The lock of the checkpoint's next step; -1 where it has them all.</summary>
    private int LockAt(in Checkpoint checkpoint, int member)
    {
        int at = checkpoint.Step;
        for (int p = 0; p < Two; p++)
        {
            if ((checkpoint.Partitions >> p & 1) != 0 && at-- == 0)
                return Lock.Source(p);
        }
        bool isReversed = !rules.LocksInOrder && member == 1;
        int folds = checkpoint.Folds[0] | checkpoint.Folds[1], changed = checkpoint.Changed[0] | checkpoint.Changed[1];
        for (int i = 0; i < Two; i++)
        {
            int hour = isReversed ? 1 - i : i;
            if ((folds >> hour & 1) != 0 && at-- == 0)
                return Lock.Base(hour);
        }
        for (int i = 0; i < Two; i++)
        {
            int hour = isReversed ? 1 - i : i;
            if ((changed >> hour & 1) != 0 && at-- == 0)
                return Lock.Mark(hour);
        }
        return -1;
    }

    /// <summary>The lock that the publisher waits for next; clearing skips what is locked, so it waits for none.</summary>
    private int LockAt(in Publisher publisher)
    {
        if (publisher.Work == Work.Day)
            return publisher.Step == 0 ? Lock.Day : -1;
        if (publisher.Step == 0)
            return Lock.Row(publisher.Hour);
        if (publisher.Step == 1 && rules.HasDay && publisher.Taken)
            return rules.PublishesDayApart ? Lock.DayMark : Lock.Day;
        return -1;
    }
}
