using System.Reflection;

namespace StreamAgg.Postgres.Schema;

/// <summary>One file of <c>migrations/</c>, as it lies in the executable.</summary>
/// <param name="Name">Its file name without <c>.sql</c>: the number first, so that names order.</param>
/// <param name="Sql">Statements without parameters.</param>
/// <param name="IsPerPublishSchema">Applied once in every schema that is published into, rather than once in the database.</param>
internal sealed record MigrationScript(string Name, string Sql, bool IsPerPublishSchema)
{
    private const string ResourcePrefix = "migrations/";
    private const string PublishSchemaScope = "-- scope: publish schema";

    /// <summary>All of this binary's, in order.</summary>
    public static IReadOnlyList<MigrationScript> All { get; } = Load();

    /// <summary><c>deploy/roles.sql</c>: makes the roles and gives them their rights.</summary>
    public static string Roles { get; } = Read(typeof(MigrationScript).Assembly, "roles.sql");

    private static string Read(Assembly assembly, string resource)
    {
        using Stream stream = assembly.GetManifestResourceStream(resource)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static MigrationScript[] Load()
    {
        Assembly assembly = typeof(MigrationScript).Assembly;
        return
        [
            .. assembly.GetManifestResourceNames()
                .Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(name =>
                {
                    string sql = Read(assembly, name);
                    return new MigrationScript(
                        name[ResourcePrefix.Length..^".sql".Length], sql, sql.StartsWith(PublishSchemaScope, StringComparison.Ordinal));
                }),
        ];
    }
}
