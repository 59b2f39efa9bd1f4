namespace StreamAgg.Model;

internal sealed partial class Protocol
{
    private void Publish(in State state, int q, List<Step> steps)
    {
        switch (state.Publishers[q].Work)
        {
            case Work.None:
                // Two publishers are the same but for their numbers: the second starts only beside the first.
                if (q == 1 && state.Publishers[0].Work == Work.None)
                    return;
                for (int hour = 0; hour < Two; hour++)
                    ReadHour(state, q, hour, steps);
                ReadDay(state, q, steps);
                break;
            case Work.Hour:
                PublishHour(state, q, steps);
                break;
            default:
                PublishDay(state, q, steps);
                break;
        }
    }

    private static byte Watermark(in State state) => Math.Min(state.Store.Sources[0].Watermark, state.Store.Sources[1].Watermark);

    private void ReadHour(in State state, int q, int hour, List<Step> steps)
    {
        if (state.Store.Mark[hour] == 0 || Watermark(state) <= hour)
            return;
        State next = state;
        ref Publisher publisher = ref next.Publishers[q];
        publisher = new Publisher { Work = Work.Hour, Hour = (byte)hour, Seen = state.Store.Mark[hour] };
        publisher.Contents = state.Store.Base[hour];
        publisher.InputRev = state.Store.BaseRev[hour];
        if (rules.ReadsOneSnapshot)
            ReadPartials(next, ref publisher);
        steps.Add(new Step($"publisher {q} reads hour {hour}", next, true));
    }

    private static void ReadPartials(in State state, ref Publisher publisher)
    {
        for (int p = 0; p < Two; p++)
        {
            publisher.Contents = Add(publisher.Contents, state.Store.Partial[p][publisher.Hour]);
            publisher.InputRev += state.Store.PartialRev[p][publisher.Hour];
        }
        publisher.HasReadAll = true;
    }

    private void PublishHour(in State state, int q, List<Step> steps)
    {
        State next = state;
        ref Publisher publisher = ref next.Publishers[q];
        int hour = publisher.Hour;
        if (!publisher.HasReadAll)
        {
            ReadPartials(state, ref publisher);
            steps.Add(new Step($"publisher {q} reads hour {hour}'s partials", next, true));
            return;
        }
        if (LockAt(publisher) is >= 0 and var wanted)
        {
            if (wanted == Lock.Day && !publisher.HasSummed)
            {
                SumDay(state, ref publisher);
                steps.Add(new Step($"publisher {q} sums the day up", next, true));
                return;
            }
            if (!IsFree(state, wanted, Who.Publisher0 + q))
                return;
            publisher.Locks |= (ushort)(1 << wanted);
            if (publisher.Step == 0)
                publisher.Taken = !rules.GuardsHour || state.Store.RowRev[hour] < publisher.InputRev;
            else if (wanted == Lock.Day)
                publisher.DayTaken = !rules.GuardsDay || state.Store.DayRev < publisher.DayRev;
            publisher.Step++;
            steps.Add(new Step($"publisher {q} locks for hour {hour}", next, true));
            return;
        }

        // Clearing, which skips what somebody else has locked, and COMMIT.
        ushort before = next.Store.Row[hour];
        if (publisher.Taken)
        {
            (next.Store.Row[hour], next.Store.RowRev[hour]) = (publisher.Contents, publisher.InputRev);
            if (rules.HasDay && rules.PublishesDayApart)
                next.Store.DayMark = FreshDayMark(next);
        }
        if (publisher.DayTaken)
            (next.Store.Day, next.Store.DayRev) = (publisher.DayContents, publisher.DayRev);
        bool isCleared = IsFree(state, Lock.Mark(hour), Who.Publisher0 + q) && (!rules.ComparesMark || state.Store.Mark[hour] == publisher.Seen);
        if (isCleared)
            next.Store.Mark[hour] = 0;
        Publisher done = publisher;
        publisher = default;
        steps.Add(new Step($"publisher {q} commits hour {hour}", next, true, done.Taken ? CheckHour(next, hour, before, done.Contents) : null));
    }

    /// <summary>Only where the rule is taken out: the day from the rows that are committed, and its own hour.</summary>
    private void SumDay(in State state, ref Publisher publisher)
    {
        for (int hour = 0; hour < Two; hour++)
        {
            bool isOwn = hour == publisher.Hour && publisher.Taken;
            publisher.DayContents = Add(publisher.DayContents, isOwn ? publisher.Contents : state.Store.Row[hour]);
            publisher.DayRev += isOwn ? publisher.InputRev : state.Store.RowRev[hour];
        }
        publisher.HasSummed = true;
    }

    private static byte FreshDayMark(in State state)
    {
        byte mark = 1;
        while (state.Store.DayMark == mark || IsSeen(state, Work.Day, 0, mark))
            mark++;
        return mark;
    }

    private void ReadDay(in State state, int q, List<Step> steps)
    {
        if (state.Store.DayMark == 0 || Watermark(state) < Two)
            return;
        if (rules.GatesDay && (state.Store.Mark[0] | state.Store.Mark[1]) != 0)
            return;
        State next = state;
        next.Publishers[q] = new Publisher
        {
            Work = Work.Day,
            Seen = state.Store.DayMark,
            InputRev = (byte)(state.Store.RowRev[0] + state.Store.RowRev[1]),
            Contents = Add(state.Store.Row[0], state.Store.Row[1]),
        };
        steps.Add(new Step($"publisher {q} reads the day", next, true));
    }

    private void PublishDay(in State state, int q, List<Step> steps)
    {
        State next = state;
        ref Publisher publisher = ref next.Publishers[q];
        if (LockAt(publisher) is >= 0 and var wanted)
        {
            if (!IsFree(state, wanted, Who.Publisher0 + q))
                return;
            publisher.Locks |= (ushort)(1 << wanted);
            publisher.Taken = !rules.GuardsDay || state.Store.DayRev < publisher.InputRev;
            publisher.Step++;
            steps.Add(new Step($"publisher {q} locks the day", next, true));
            return;
        }
        ushort before = next.Store.Day;
        if (publisher.Taken)
            (next.Store.Day, next.Store.DayRev) = (publisher.Contents, publisher.InputRev);
        if (IsFree(state, Lock.DayMark, Who.Publisher0 + q) && state.Store.DayMark == publisher.Seen)
            next.Store.DayMark = 0;
        Publisher done = publisher;
        publisher = default;
        steps.Add(new Step($"publisher {q} commits the day", next, true, done.Taken ? CheckDay(next, before, done.Contents) : null));
    }
}
