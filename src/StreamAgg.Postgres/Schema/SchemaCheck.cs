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
}

/// <param name="Pending">Migrations to be applied, in order.</param>
/// <param name="Unknown">Applied migrations that this binary does not know.</param>
/// <param name="Differences">One line for each difference of a published table; the names of those that are missing.</param>
public sealed record SchemaCheck(SchemaState State, IReadOnlyList<string> Pending, IReadOnlyList<string> Unknown, IReadOnlyList<string> Differences)
{
    /// <summary>Null where it fits; else one line that says what to do.</summary>
    public string? Remedy => State switch
    {
        SchemaState.Fits => null,
        SchemaState.Missing => "The schema streamagg is not in the database; run `streamagg migrate` first, or set StreamAgg:Postgres:MigrateOnStart to true.",
        SchemaState.Older =>
            $"The database's schema is older than this version (not applied: {string.Join(", ", Pending)}); run `streamagg migrate` first, or set StreamAgg:Postgres:MigrateOnStart to true.",
        SchemaState.Newer =>
            $"The database's schema is newer than this version (unknown here: {string.Join(", ", Unknown)}); run the version that `streamagg migrate` was last run with.",
        SchemaState.TableMissing =>
            $"{string.Join(" and ", Differences)} {(Differences.Count > 1 ? "were" : "was")} dropped; run `streamagg migrate`, which makes {(Differences.Count > 1 ? "them" : "it")} again, or set StreamAgg:Postgres:MigrateOnStart to true.",
        _ => $"{string.Join("; ", Differences)}: name a schema without these tables in StreamAgg:Postgres:PublishSchema and run `streamagg migrate`.",
    };
}
