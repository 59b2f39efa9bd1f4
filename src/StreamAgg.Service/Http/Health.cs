namespace StreamAgg.Service.Http;

/// <summary>Whether the process works, for whoever restarts it or sends it traffic. Asked from any thread; never waits.</summary>
/// <param name="IsLive">The poll loop moves. Not a matter of Kafka or PostgreSQL: their outage must not restart every process.</param>
/// <param name="IsReady">The schema fits and the group is joined.</param>
internal sealed record Health(Func<bool> IsLive, Func<bool> IsReady);
