namespace StreamAgg.Simulation.Swarm;

/// <summary>What may happen to a world at a drawn time.</summary>
internal enum Fault
{
    KillMember,
    FreezeMember,
    StopMember,
    ExpelMember,
    CutOffMember,
    DealAnew,
    AddPartition,
    RecreateTopic,
    TruncateLog,
    ExpireLog,
    ElectLeader,
    StickFetch,
    BrokersAway,
    DatabaseReadOnly,
    DatabaseRefuses,
    DatabaseStalls,
    DatabaseRestarts,
    DiskFull,
    ClockJump,
    ClockBack,
    RebalanceStorm,
    LettersRefused,
    Rebuild,
    Fill,
    Replay,
}
