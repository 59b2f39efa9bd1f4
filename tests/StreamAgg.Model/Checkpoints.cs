namespace StreamAgg.Model;

internal sealed partial class Protocol
{
    private void Write(in State state, int m, List<Step> steps)
    {
        Member member = state.Members[m];
        if (member.Orphan.Stage != Stage.None)
            Arrive(state, m, steps);
        if (state.Crashes > 0)
            Crash(state, m, steps);
        switch (member.Running.Stage)
        {
            case Stage.None:
                Start(state, m, steps);
                break;
            case Stage.Unknown:
                ReadBack(state, m, steps);
                break;
            default:
                GoOn(state, m, steps);
                break;
        }
    }

    /// <summary>The cut: at one instant what changed, and with or without a fold.</summary>
    private void Start(in State state, int m, List<Step> steps)
    {
        for (int withFolds = 0; withFolds < 2; withFolds++)
        {
            State next = state;
            ref Member member = ref next.Members[m];
            ref Checkpoint cut = ref member.Running;
            bool folds = false;
            for (int p = 0; p < Two; p++)
            {
                ref Owned owned = ref member.Owned[p];
                if (owned.Phase != Phase.Active)
                    continue;
                byte watermark = WatermarkOf(state, p, owned);
                int fold = 0;
                for (int hour = 0; hour < Two && withFolds == 1; hour++)
                {
                    if ((rules.Folds >> hour & 1) != 0 && owned.Watermark > hour && owned.Memory[hour] != 0)
                        fold |= 1 << hour;
                }
                if (fold == 0 && owned.Changed == 0 && owned.Position == owned.Start && watermark == owned.Watermark)
                    continue;
                folds |= fold != 0;
                cut.Partitions |= (byte)(1 << p);
                (cut.Folds[p], cut.Changed[p], cut.Epoch[p], cut.Number[p], cut.Next[p], cut.Watermark[p]) =
                    ((byte)fold, owned.Changed, owned.Epoch, owned.Checkpoint, owned.Position, watermark);
                cut.Contents[p] = owned.Memory;
                owned.Changed = 0;
                for (int hour = 0; hour < Two && rules.Detaches; hour++)
                {
                    if ((fold >> hour & 1) != 0)
                        owned.Memory[hour] = 0;
                }
            }
            if (cut.Partitions == 0 || (withFolds == 1 && !folds))
                continue;
            cut.Stage = Stage.Running;
            steps.Add(new Step($"member {m} starts a checkpoint{(folds ? " with a fold" : "")}", next, true));
        }
    }

    private void GoOn(in State state, int m, List<Step> steps)
    {
        if (state.Failures > 0)
        {
            State failed = state;
            failed.Failures--;
            GiveBack(ref failed.Members[m], all: true);
            steps.Add(new Step($"member {m}'s checkpoint fails", failed, false));
        }

        State next = state;
        ref Checkpoint checkpoint = ref next.Members[m].Running;
        bool hasMoved = false;
        while (LockAt(checkpoint, m) is >= 0 and var wanted && !(hasMoved && rules.IsFine))
        {
            if (!IsFree(next, wanted, Who.Member0 + m))
                break;
            if (wanted < Two && !Holds(next.Store.Sources[wanted], checkpoint, wanted))
            {
                if (hasMoved)
                    break;
                Fence(ref next.Members[m], wanted);
                steps.Add(new Step($"member {m} is fenced from partition {wanted}", next, true));
                return;
            }
            if (wanted >= Lock.Base(0) && wanted <= Lock.Base(1))
            {
                if (!rules.AddsToBase && hasMoved)
                    break;
                checkpoint.BaseRead[wanted - Lock.Base(0)] = next.Store.Base[wanted - Lock.Base(0)];
                checkpoint.BaseRevRead[wanted - Lock.Base(0)] = next.Store.BaseRev[wanted - Lock.Base(0)];
            }
            // Where the base is read and overwritten, nothing is locked by the reading.
            bool isLocking = rules.AddsToBase || wanted < Lock.Base(0) || wanted > Lock.Base(1);
            if (wanted >= Lock.Mark(0) && !rules.RenewsMark && next.Store.Mark[wanted - Lock.Mark(0)] != 0)
            {
                checkpoint.Skipped |= (ushort)(1 << wanted);
                isLocking = false;
            }
            if (isLocking)
                checkpoint.Locks |= (ushort)(1 << wanted);
            checkpoint.Step++;
            hasMoved = true;
        }
        if (hasMoved)
        {
            steps.Add(new Step($"member {m}'s checkpoint takes locks", next, true));
            return;
        }
        if (LockAt(checkpoint, m) >= 0)
            return;

        if (state.LostAnswers > 0 && state.Members[m].Orphan.Stage == Stage.None)
        {
            State lost = state;
            lost.LostAnswers--;
            lost.Members[m].Orphan = lost.Members[m].Running;
            lost.Members[m].Running.Stage = Stage.Unknown;
            lost.Members[m].Running.Locks = 0;
            steps.Add(new Step($"member {m}'s COMMIT gets no answer", lost, false));
        }
        Apply(ref next, checkpoint);
        for (int p = 0; p < Two; p++)
            Succeed(ref next.Members[m], p);
        next.Members[m].Running = default;
        steps.Add(new Step($"member {m}'s checkpoint commits", next, true));
    }

    private bool Holds(Source source, in Checkpoint checkpoint, int p) =>
        (!rules.ComparesEpoch || source.Epoch == checkpoint.Epoch[p])
        && (!rules.ComparesCheckpoint || !rules.ComparesEpoch || source.Checkpoint == checkpoint.Number[p]);

    /// <summary>The server's part of a COMMIT.</summary>
    private void Apply(ref State state, Checkpoint cut)
    {
        ref Database store = ref state.Store;
        for (int p = 0; p < Two; p++)
        {
            if ((cut.Partitions >> p & 1) == 0)
                continue;
            ref Source source = ref store.Sources[p];
            source.Next = cut.Next[p];
            source.Checkpoint++;
            source.Watermark = Math.Max(source.Watermark, cut.Watermark[p]);
            for (int hour = 0; hour < Two; hour++)
            {
                byte changed = (byte)(cut.Changed[p] >> hour & 1);
                if ((cut.Folds[p] >> hour & 1) != 0)
                {
                    byte rev = (byte)(store.PartialRev[p][hour] + (rules.CountsFoldedChange ? changed : 0));
                    ushort before = rules.AddsToBase ? store.Base[hour] : cut.BaseRead[hour];
                    byte revBefore = rules.AddsToBase ? store.BaseRev[hour] : cut.BaseRevRead[hour];
                    store.Base[hour] = cut.BaseRead[hour] = Add(before, cut.Contents[p][hour]);
                    store.BaseRev[hour] = cut.BaseRevRead[hour] = (byte)(revBefore + rev);
                    store.PartialRev[p][hour] = 0;
                    store.Partial[p][hour] = 0;
                }
                else if (changed != 0)
                {
                    store.PartialRev[p][hour]++;
                    store.Partial[p][hour] = cut.Contents[p][hour];
                }
            }
        }
        for (int hour = 0; hour < Two; hour++)
        {
            if (((cut.Changed[0] | cut.Changed[1]) >> hour & 1) != 0 && (cut.Skipped >> Lock.Mark(hour) & 1) == 0)
                store.Mark[hour] = FreshMark(state, hour);
        }
    }

    /// <summary>Marks are only asked whether they are equal, so the smallest that nobody has seen stands for the sequence's next.</summary>
    private static byte FreshMark(in State state, int hour)
    {
        byte mark = 1;
        while (state.Store.Mark[hour] == mark || IsSeen(state, Work.Hour, hour, mark))
            mark++;
        return mark;
    }

    private static bool IsSeen(in State state, Work work, int hour, byte mark)
    {
        for (int q = 0; q < Two; q++)
        {
            Publisher publisher = state.Publishers[q];
            if (publisher.Work == work && (work == Work.Day || publisher.Hour == hour) && publisher.Seen == mark)
                return true;
        }
        return false;
    }

    private void Succeed(ref Member member, int p)
    {
        Checkpoint cut = member.Running;
        ref Owned owned = ref member.Owned[p];
        if (!IsMine(owned, cut, p))
            return;
        (owned.Start, owned.Checkpoint, owned.Watermark) = (cut.Next[p], (byte)(cut.Number[p] + 1), Math.Max(owned.Watermark, cut.Watermark[p]));
        for (int hour = 0; hour < Two && !rules.Detaches; hour++)
        {
            if ((cut.Folds[p] >> hour & 1) == 0)
                continue;
            owned.Memory[hour] = 0;
            owned.Changed &= (byte)~(1 << hour);
        }
    }

    private static bool IsMine(in Owned owned, in Checkpoint cut, int p) =>
        (cut.Partitions >> p & 1) != 0 && owned.Phase == Phase.Active && owned.Epoch == cut.Epoch[p];

    /// <summary>What was not written comes back: the detached is merged, the changed is changed again.</summary>
    private void GiveBack(ref Member member, bool all, int except = -1)
    {
        Checkpoint cut = member.Running;
        for (int p = 0; p < Two; p++)
        {
            ref Owned owned = ref member.Owned[p];
            if ((!all && p == except) || !IsMine(owned, cut, p))
                continue;
            Restore(ref owned, cut, p);
        }
        member.Running = default;
    }

    private void Restore(ref Owned owned, in Checkpoint cut, int p)
    {
        owned.Changed |= cut.Changed[p];
        for (int hour = 0; hour < Two && rules.Detaches; hour++)
        {
            if ((cut.Folds[p] >> hour & 1) != 0)
                owned.Memory[hour] = Add(cut.Contents[p][hour], owned.Memory[hour]);
        }
    }

    private void Fence(ref Member member, int p)
    {
        bool isMine = IsMine(member.Owned[p], member.Running, p);
        GiveBack(ref member, all: false, except: p);
        if (isMine)
            member.Owned[p] = new Owned { Believes = rules.ClaimsAgain && member.Owned[p].Believes };
    }

    private void ReadBack(in State state, int m, List<Step> steps)
    {
        State next = state;
        ref Member member = ref next.Members[m];
        Checkpoint cut = member.Running;
        for (int p = 0; p < Two; p++)
        {
            ref Owned owned = ref member.Owned[p];
            if (!IsMine(owned, cut, p))
                continue;
            Source source = state.Store.Sources[p];
            if (!rules.ReadsFencesBack)
                Succeed(ref member, p);
            else if (source.Epoch == cut.Epoch[p] && source.Checkpoint == cut.Number[p] + 1)
                Succeed(ref member, p);
            else if (source.Epoch == cut.Epoch[p] && source.Checkpoint == cut.Number[p])
                Restore(ref owned, cut, p);
            else
                owned = new Owned { Believes = owned.Believes };
        }
        member.Running = default;
        steps.Add(new Step($"member {m} reads its fences back", next, true));
    }

    private void Arrive(in State state, int m, List<Step> steps)
    {
        State next = state;
        Checkpoint orphan = next.Members[m].Orphan;
        next.Members[m].Orphan = default;
        steps.Add(new Step($"member {m}'s lost COMMIT never arrives", next, true));
        Apply(ref next, orphan);
        steps.Add(new Step($"member {m}'s lost COMMIT is done", next, true));
    }

    private void Crash(in State state, int m, List<Step> steps)
    {
        State next = state;
        next.Crashes--;
        Checkpoint running = next.Members[m].Running;
        next.Members[m].Running = default;
        for (int p = 0; p < Two; p++)
            next.Members[m].Owned[p] = new Owned { Believes = state.Owner[p] == m };
        steps.Add(new Step($"member {m} dies and comes back", next, false));
        if (running.Stage != Stage.Running || LockAt(running, m) >= 0 || state.Members[m].Orphan.Stage != Stage.None)
            return;
        next.Members[m].Orphan = running;
        steps.Add(new Step($"member {m} dies behind its COMMIT and comes back", next, false));
    }
}
