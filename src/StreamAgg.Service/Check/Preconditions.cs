using StreamAgg.Pipeline.Faults;
using StreamAgg.Service.Configuration;

namespace StreamAgg.Service.Check;

/// <summary>All of them, each behind those that it needs: the list to put another one into is that of its server.</summary>
internal static class Preconditions
{
    public static IEnumerable<Precondition> Of(Settings settings, CheckServers servers, TimeProvider clock)
    {
        var kafka = new KafkaChecks(settings, servers, clock);
        return
        [
            new("settings", [], _ => Task.FromResult(Finding.Ok(Text(settings))), new Diagnosis("", "")),
            .. new PostgresChecks(settings, servers, clock).All,
            .. kafka.All,
            .. new PipelineChecks(settings, servers, kafka).All,
            .. new HttpChecks(settings, clock).All,
        ];
    }

    /// <summary>A wrong one has ended the verb before: these say which deployment was checked.</summary>
    private static string Text(Settings settings) =>
        $"pipeline {settings.Pipeline.Id}, group {settings.Kafka.GroupId}, publishing into schema {settings.Postgres.PublishSchema}";
}
