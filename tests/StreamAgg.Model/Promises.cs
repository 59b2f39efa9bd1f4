namespace StreamAgg.Model;

internal sealed partial class Protocol
{
    /// <summary>What has to be true in every state.</summary>
    public string? Check(in State state)
    {
        for (int p = 0; p < Two; p++)
        {
            int own = 0x0F << (p * 4);
            int ownBits = own | (own << 8);
            ushort held = 0;
            for (int hour = 0; hour < Two; hour++)
            {
                ushort contents = Add(state.Store.Partial[p][hour], (ushort)(state.Store.Base[hour] & ownBits));
                if ((contents & 0xFF & ~Recount(hour, rules.Logs[0].Length, rules.Logs[1].Length)) != 0)
                    return $"an event of partition {p} stands in a wrong hour";
                held = Add(held, contents);
            }
            int next = state.Store.Sources[p].Next;
            int wanted = p == 0 ? Recount(next, 0) : Recount(0, next);
            if (held != wanted)
                return $"partition {p} stands at {next}, base and partials hold {held:x4}, not {wanted:x4}";
        }
        return IsDeadlocked(state) ? "a deadlock" : null;
    }

    /// <summary>What has to be true where nothing is left to do.</summary>
    public string? CheckQuiet(in State state)
    {
        for (int i = 0; i < Two; i++)
        {
            if (state.Members[i].Running.Stage != Stage.None || state.Publishers[i].Work != Work.None)
                return "at rest, and a transaction hangs";
            if (state.Store.Sources[i].Next != rules.Logs[i].Length)
                return $"at rest, and partition {i} is not drained";
        }
        if (rules.Publishers == 0)
            return null;
        int first = rules.Logs[0].Length, second = rules.Logs[1].Length;
        for (int hour = 0; hour < Two; hour++)
        {
            if (state.Store.Row[hour] != Recount(hour, first, second))
                return $"at rest, and hour {hour} shows {state.Store.Row[hour]:x4}, not {Recount(hour, first, second):x4}";
            if (state.Store.Mark[hour] != 0)
                return $"at rest, and hour {hour} is marked";
        }
        if (rules.HasDay && state.Store.Day != Recount(first, second))
            return $"at rest, and the day shows {state.Store.Day:x4}, not {Recount(first, second):x4}";
        return state.Store.DayMark != 0 ? "at rest, and the day is marked" : null;
    }

    private string? CheckHour(in State state, int hour, ushort before, ushort after)
    {
        for (int a = 0; a <= state.Store.Sources[0].Next; a++)
        {
            for (int b = 0; b <= state.Store.Sources[1].Next; b++)
            {
                if (Recount(hour, a, b) == after)
                    return (before & ~after) == 0 ? null : $"hour {hour} goes down from {before:x4} to {after:x4}";
            }
        }
        return $"hour {hour} shows {after:x4}, a recount of no prefix";
    }

    private string? CheckDay(in State state, ushort before, ushort after)
    {
        for (int a = 0; a <= state.Store.Sources[0].Next; a++)
        {
            for (int b = 0; b <= state.Store.Sources[1].Next; b++)
            {
                if (Recount(a, b) == after)
                    return (before & ~after) == 0 ? null : $"the day goes down from {before:x4} to {after:x4}";
            }
        }
        return $"the day shows {after:x4}, a recount of no prefix";
    }

    private int Recount(int first, int second) => Recount(0, first, second) | Recount(1, first, second);

    private int Recount(int hour, int first, int second)
    {
        int events = 0;
        for (int i = 0; i < first; i++)
            events |= rules.Logs[0][i] == hour ? Bit(0, i) : 0;
        for (int i = 0; i < second; i++)
            events |= rules.Logs[1][i] == hour ? Bit(1, i) : 0;
        return events;
    }
}
