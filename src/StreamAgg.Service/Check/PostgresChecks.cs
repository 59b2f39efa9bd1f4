using System.Globalization;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Faults;
using StreamAgg.Postgres.Queries;
using StreamAgg.Postgres.Schema;
using StreamAgg.Service.Configuration;

namespace StreamAgg.Service.Check;

/// <summary>What must be so of PostgreSQL.</summary>
internal sealed class PostgresChecks(Settings settings, CheckServers servers, TimeProvider clock)
{
    public const string Server = "PostgreSQL", Schema = "schema streamagg";

    private const string Primary = "PostgreSQL takes writes";
    private const int OldestVersion = 13;

    private static readonly Diagnosis Silence = new(
        $"PostgreSQL gave no answer within {CheckRun.AnswerTimeout.TotalSeconds:0} s.", "Start PostgreSQL, or correct StreamAgg:Postgres:ConnectionString.");

    public IEnumerable<Precondition> All =>
    [
        new(Server, [], ServerAsync, Silence),
        new(Primary, [Server], PrimaryAsync, Silence),
        new("clocks of PostgreSQL and here", [Server], ClockAsync, Silence),
        new(Schema, [Server], SchemaAsync, Silence),
        new("published tables", [Server], TablesAsync, Silence),
        new("rights in PostgreSQL", [Server], RightsAsync, Silence),
        new($"publish schema {settings.Postgres.PublishSchema}", [Server, Schema], PublishSchemaAsync, Silence),
        .. settings.Postgres.ReadConnectionString is null ? []
            : (Precondition[])[new("PostgreSQL that HTTP reads", [Server, Schema], ReadingAsync, Silence)],
    ];

    private async Task<Finding> ServerAsync(CancellationToken cancellation)
    {
        var facts = await ServerFacts.AskAsync(servers.Database, cancellation);
        return facts.MajorVersion >= OldestVersion
            ? Finding.Ok($"version {facts.Version}, database {facts.Database}, role {facts.Role}")
            : Finding.Failed(new(
                $"it is version {facts.Version}.", $"Name a server of version {OldestVersion} or later in StreamAgg:Postgres:ConnectionString."));
    }

    private async Task<Finding> PrimaryAsync(CancellationToken cancellation)
    {
        await ServerFacts.AskPrimaryAsync(servers.Database, cancellation);
        return Finding.Ok("it is a primary");
    }

    private async Task<Finding> ClockAsync(CancellationToken cancellation)
    {
        var before = Now();
        var there = (await ServerFacts.AskAsync(servers.Database, cancellation)).Now;
        var asking = Now() - before;
        var ahead = there - before - (asking / 2);
        var limit = ClockLimit.Of(settings);
        string detail = string.Create(
            CultureInfo.InvariantCulture,
            $"PostgreSQL's is {ahead.Duration().TotalSeconds:0.0##} s {(ahead < TimeSpan.Zero ? "behind" : "ahead of")} this machine's");
        return ahead.Duration() <= limit + (asking / 2)
            ? Finding.Ok(detail)
            : Finding.Failed(new(
                $"{detail}, more than StreamAgg:Pipeline:MaxFuture ({limit:c}).", ClockLimit.Remedy));
    }

    private async Task<Finding> SchemaAsync(CancellationToken cancellation)
    {
        var check = await servers.Migrator.CheckSchemaAsync(cancellation);
        return check.OfSchema is not { } diagnosis ? Finding.Ok("it is this version's")
            : settings.Postgres.MigrateOnStart && check.State != SchemaState.Newer ? LaterOf(diagnosis)
            : Finding.Failed(diagnosis);
    }

    private async Task<Finding> TablesAsync(CancellationToken cancellation)
    {
        var check = await servers.Migrator.CheckSchemaAsync(cancellation);
        return check.OfTables is not { } diagnosis
                ? Finding.Ok(check.State == SchemaState.Fits ? "they have their columns and keys" : "no table of another shape has their names")
            : settings.Postgres.MigrateOnStart && check.State == SchemaState.TableMissing ? LaterOf(diagnosis)
            : Finding.Failed(diagnosis);
    }

    private async Task<Finding> RightsAsync(CancellationToken cancellation)
    {
        await servers.Migrator.CheckRightsAsync(cancellation);
        // Of what is not there yet no right can lack.
        var schema = await SchemaAsync(cancellation);
        return schema.IsThere ? Finding.Ok("none is lacking that `run` needs") : Finding.WaitsFor(Schema, schema);
    }

    private async Task<Finding> PublishSchemaAsync(CancellationToken cancellation)
    {
        await servers.Migrator.CheckPipelineAsync(cancellation);
        return Finding.Ok($"no other pipeline than {settings.Pipeline.Id} publishes into it");
    }

    private async Task<Finding> ReadingAsync(CancellationToken cancellation)
    {
        var facts = await ServerFacts.AskAsync(servers.Reading, cancellation);
        var check = await new Migrator(servers.Reading, settings.Postgres).CheckSchemaAsync(cancellation);
        return check.Diagnosis is { } diagnosis
            ? Finding.Failed(diagnosis with { Remedy = $"correct StreamAgg:Postgres:ReadConnectionString, or {diagnosis.Remedy}" })
            : Finding.Ok($"version {facts.Version}, database {facts.Database}, role {facts.Role}");
    }

    private Instant Now() => Instant.FromUtc(clock.GetUtcNow().UtcDateTime);

    private static Finding LaterOf(Diagnosis diagnosis) => Finding.Later($"{diagnosis.Found} `run` migrates (StreamAgg:Postgres:MigrateOnStart)");
}
