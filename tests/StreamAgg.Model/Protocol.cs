namespace StreamAgg.Model;

/// <summary>The statements of the store protocol and what they may meet: two members, two partitions, two hours of one day, one label.</summary>
internal sealed partial class Protocol(Rules rules)
{
    private const int Two = 2;

    public State Initial()
    {
        var state = default(State);
        for (int p = 0; p < Two; p++)
        {
            state.Owner[p] = (byte)p;
            state.Produced[p] = (byte)(rules.Logs[p].Length - rules.Late[p]);
            state.Members[p].Owned[p].Believes = true;
        }
        state.Rebalances = rules.Rebalances;
        state.Crashes = rules.Crashes;
        state.LostAnswers = rules.LostAnswers;
        state.Failures = rules.Failures;
        state.ZombieClaims = rules.ZombieClaims;
        return state;
    }

    public void Successors(in State state, List<Step> steps)
    {
        for (int p = 0; p < Two; p++)
            World(state, p, steps);
        for (int m = 0; m < Two; m++)
        {
            for (int p = 0; p < Two; p++)
                Own(state, m, p, steps);
            Write(state, m, steps);
        }
        for (int q = 0; q < rules.Publishers; q++)
            Publish(state, q, steps);
    }

    private void World(in State state, int p, List<Step> steps)
    {
        if (state.Produced[p] < rules.Logs[p].Length)
        {
            State next = state;
            next.Produced[p]++;
            steps.Add(new Step($"an event arrives in partition {p}", next, true));
        }
        if (state.Rebalances == 0)
            return;
        State moved = state;
        int to = 1 - state.Owner[p];
        moved.Rebalances--;
        moved.Owner[p] = (byte)to;
        moved.Members[to].Owned[p].Believes = true;
        steps.Add(new Step($"partition {p} goes to member {to}", moved, false));
    }

    private void Own(in State state, int m, int p, List<Step> steps)
    {
        Owned owned = state.Members[m].Owned[p];
        bool isRightful = state.Owner[p] == m;
        if (!owned.Believes)
            return;
        if (!isRightful)
        {
            State next = state;
            next.Members[m].Owned[p] = default;
            steps.Add(new Step($"member {m} learns that partition {p} is gone", next, true));
        }

        if (owned.Phase == Phase.None && (isRightful || state.ZombieClaims > 0))
        {
            State next = state;
            if (!isRightful)
                next.ZombieClaims--;
            if (Claim(ref next, m, p, isFirst: true))
                steps.Add(new Step($"member {m} claims partition {p}", next, isRightful));
        }
        else if (owned.Phase == Phase.Half)
        {
            State next = state;
            if (Claim(ref next, m, p, isFirst: false))
                steps.Add(new Step($"member {m} has partition {p}", next, true));
        }
        else if (owned.Phase == Phase.Active && owned.Position < state.Produced[p]
            && (rules.ReadsWhileCommitting || state.Members[m].Running.Stage == Stage.None))
        {
            State next = state;
            ref Owned reader = ref next.Members[m].Owned[p];
            int hour = rules.Logs[p][reader.Position];
            reader.Memory[hour] = Add(reader.Memory[hour], Bit(p, reader.Position));
            reader.Changed |= (byte)(1 << hour);
            reader.Position++;
            steps.Add(new Step($"member {m} reads partition {p} offset {owned.Position}", next, true));
        }
    }

    /// <summary>The claim's two statements; in the order that the rule says.</summary>
    private bool Claim(ref State state, int m, int p, bool isFirst)
    {
        ref Owned owned = ref state.Members[m].Owned[p];
        ref Source source = ref state.Store.Sources[p];
        if (isFirst == rules.LoadsAfterClaim)
        {
            if (!IsFree(state, Lock.Source(p), Who.Nobody))
                return false;
            source.Epoch++;
            (owned.Epoch, owned.Checkpoint, owned.Start, owned.Position, owned.Watermark) =
                (source.Epoch, source.Checkpoint, source.Next, source.Next, source.Watermark);
        }
        else
        {
            owned.Memory = state.Store.Partial[p];
        }
        owned.Phase = isFirst ? Phase.Half : Phase.Active;
        return true;
    }

    private byte WatermarkOf(in State state, int p, in Owned owned)
    {
        byte watermark = owned.Watermark;
        for (int i = 0; i < owned.Position; i++)
            watermark = Math.Max(watermark, rules.Logs[p][i]);
        return owned.Position == state.Produced[p] ? (byte)Two : watermark;
    }

    private static ushort Bit(int p, int offset) => (ushort)(1 << ((p * 4) + offset));

    /// <summary>A union that remembers what was in both.</summary>
    private static ushort Add(ushort a, ushort b)
    {
        int once = (a | b) & 0xFF;
        int twice = ((a | b) >> 8) | (a & b & 0xFF);
        return (ushort)(once | (twice << 8));
    }
}
