namespace StreamAgg.Simulation.Store;

/// <summary>How the network and the server treat a statement. Windows (read-only, refusing, stalled) are opened and closed by the world.</summary>
internal sealed class StoreWeather
{
    private const int KeysAtRest = 10;

    public static StoreWeather Calm => new();

    public long LatencyLowMicros { get; init; } = 200;

    public long LatencyHighMicros { get; init; } = 3_000;

    /// <summary>Of a hop: that it takes up to a hundred times longer.</summary>
    public double SlowChance { get; set; }

    /// <summary>Of a hop: that it takes seconds, as a client's long pause does.</summary>
    public double PauseChance { get; set; }

    /// <summary>Of a publisher's snapshot: that seconds pass before anything is made of it, so that others publish what is newer.</summary>
    public double AgeChance { get; set; }

    /// <summary>How many keys a publisher's snapshot holds at most, whatever it asks for.</summary>
    public int MostKeys { get; set; } = int.MaxValue;

    /// <summary>Of a statement: the server says no (too many connections, shutting down).</summary>
    public double RefuseChance { get; set; }

    /// <summary>Of a statement: the connection breaks before its answer.</summary>
    public double LoseConnectionChance { get; set; }

    /// <summary>Of a commit: its answer is lost.</summary>
    public double LoseCommitChance { get; set; }

    public bool IsRefusing { get; set; }

    public bool IsReadOnly { get; set; }

    /// <summary>Statements arrive and nothing happens until it ends.</summary>
    public bool IsStalled { get; set; }

    public void CalmDown()
    {
        SlowChance = PauseChance = AgeChance = RefuseChance = LoseConnectionChance = LoseCommitChance = 0;
        IsRefusing = IsReadOnly = IsStalled = false;
        // Pages of one key while faults strike; with what is left at the end they would be most of a world's steps.
        MostKeys = Math.Max(MostKeys, KeysAtRest);
    }
}
