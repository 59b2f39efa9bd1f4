using StreamAgg.Testing.Kafka;
using StreamAgg.Testing.Postgres;

namespace StreamAgg.Testing;

/// <summary>An assembly's fixture: the servers that its tests share end with the last of them. What ended them at the process's exit would be taken for a thread that hangs.</summary>
public sealed class SharedServers : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await TestKafka.EndAsync();
        await TestPostgres.EndAsync();
    }
}
