namespace StreamAgg.Simulation.Time;

/// <summary>What freezes and dies as one: a member with its timers, its connections' answers and its loops.</summary>
internal sealed class SimProcess(string name, Scheduler scheduler)
{
    private readonly List<Action> parked = [];

    public string Name { get; } = name;

    public bool IsDead { get; private set; }

    public bool IsFrozen { get; private set; }

    /// <summary>Runs at a freeze and at a death: the database's view of a client that says nothing any more.</summary>
    public List<Action> FellSilent { get; } = [];

    /// <summary>The stop signal: nothing of the process runs until <see cref="Thaw"/>; then everything that came due runs.</summary>
    public void Freeze()
    {
        if (IsDead || IsFrozen)
            return;
        IsFrozen = true;
        FellSilent.ForEach(static action => action());
    }

    public void Thaw()
    {
        if (!IsFrozen || IsDead)
            return;
        IsFrozen = false;
        foreach (Action action in parked)
            scheduler.After(this, 0, action);
        parked.Clear();
    }

    /// <summary>Nothing of the process ever runs again.</summary>
    public void Kill()
    {
        if (IsDead)
            return;
        IsDead = true;
        parked.Clear();
        FellSilent.ForEach(static action => action());
    }

    public void Park(Action action) => parked.Add(action);
}
