using StreamAgg.Embedded.Postgres;

namespace StreamAgg.EndToEnd.Tests.Harness;

/// <summary>The PostgreSQL that all tests share which do not hurt it: a database each.</summary>
internal static class Databases
{
    private static readonly Lazy<Task<EmbeddedPostgres>> Shared = new(() => EmbeddedPostgres.CreateAsync());
    private static int last;

    public static Task<EmbeddedPostgres> SharedAsync() => Shared.Value;

    public static string NewName() => $"test{Interlocked.Increment(ref last)}";
}
