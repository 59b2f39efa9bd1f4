using StreamAgg.Pipeline.Faults;

namespace StreamAgg.Postgres.Schema;

/// <summary>
/// The database is reached, but it is not as it must be (schema missing, older, newer, of another shape, or no right to it). One line says what
/// to do.
/// </summary>
public sealed class SchemaMismatchException(Diagnosis diagnosis, Exception? inner = null) : Exception(diagnosis.ToString(), inner)
{
    public Diagnosis Diagnosis => diagnosis;
}

/// <summary>Two pipelines would publish into one schema: a mistake of the configuration. One line says which and what to do.</summary>
public sealed class PublishSchemaTakenException(Diagnosis diagnosis) : Exception(diagnosis.ToString())
{
    public Diagnosis Diagnosis => diagnosis;
}
