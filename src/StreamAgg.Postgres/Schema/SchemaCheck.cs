using StreamAgg.Pipeline.Faults;

namespace StreamAgg.Postgres.Schema;

/// <summary>How the database's schema stands to this binary.</summary>
public enum SchemaState
{
    /// <summary>Every migration is applied, the published tables have their shape.</summary>
    Fits,

    /// <summary>Nothing of it is there.</summary>
    Missing,

    /// <summary>Migrations of this binary are not applied yet.</summary>
    Older,

    /// <summary>Migrations are applied that this binary does not know: it must not write.</summary>
    Newer,

    /// <summary>A published table is there with another shape.</summary>
    Different,

    /// <summary>A published table was there once.</summary>
    TableMissing,

    /// <summary>The configured rollups are not the database's.</summary>
    RollupsDiffer,
}

/// <param name="Unknown">Applied migrations that this binary does not know.</param>
/// <param name="Differences">One line for each difference of a published table; the names of those that are missing.</param>
public sealed record SchemaCheck(SchemaState State, IReadOnlyList<string> Pending, IReadOnlyList<string> Unknown, IReadOnlyList<string> Differences)
{
    private const string Migrate = "run `streamagg migrate` first, or set StreamAgg:Postgres:MigrateOnStart to true.";

    /// <summary>Null where it fits; else one line that says what to do.</summary>
    public string? Remedy => Diagnosis?.ToString();

    /// <summary>Null where it fits; else what comes first.</summary>
    public Diagnosis? Diagnosis => State is SchemaState.Newer ? OfSchema : OfTables ?? OfSchema;

    /// <summary>How the schema streamagg is not this binary's; null where it is.</summary>
    public Diagnosis? OfSchema =>
        Unknown.Count > 0
            ? new($"The database's schema is newer than this version (unknown here: {string.Join(", ", Unknown)});",
                "run the version that `streamagg migrate` was last run with.")
        : Pending.Count == 0 || State == SchemaState.TableMissing ? null
        : State == SchemaState.RollupsDiffer
            ? new($"The database's rollups are not the configured ones ({string.Join(", ", Differences)});", Migrate)
        : State == SchemaState.Missing ? new("The schema streamagg is not in the database;", Migrate)
        : new($"The database's schema is older than this version (not applied: {string.Join(", ", Pending)});", Migrate);

    /// <summary>How the published tables are not as they must be; null where they are, or `streamagg migrate` has still to make them.</summary>
    public Diagnosis? OfTables => State switch
    {
        SchemaState.TableMissing => new(
            $"{string.Join(" and ", Differences)} {(Differences.Count > 1 ? "were" : "was")} dropped;",
            $"run `streamagg migrate`, which makes {(Differences.Count > 1 ? "them" : "it")} again, or set StreamAgg:Postgres:MigrateOnStart to true."),
        SchemaState.RollupsDiffer => null,
        _ when Differences.Count > 0 => OfShape(Differences),
        _ => null,
    };

    internal static Diagnosis OfShape(IReadOnlyList<string> differences) =>
        new($"{string.Join("; ", differences)}:",
            "name a schema without these tables in StreamAgg:Postgres:PublishSchema and run `streamagg migrate`.");
}
