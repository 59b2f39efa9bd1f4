using System.Runtime.CompilerServices;
using Confluent.Kafka;
using StreamAgg.Kafka.Native;

namespace StreamAgg.Kafka.Tests.Native;

public sealed class ClientHandleTests
{
    [Fact]
    public void A_hold_that_is_forgotten_keeps_what_the_native_client_calls()
    {
        WeakReference client = HoldAndForget();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.True(client.IsAlive, "the native client lives on, and its next line is a call to a delegate that is gone");
    }

    [Fact]
    public void A_hold_that_has_ended_keeps_nothing()
    {
        WeakReference client = HoldAndEnd();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.False(client.IsAlive);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference HoldAndForget()
    {
        IClient client = Build();
        _ = ClientHandle.Of(client);
        return new WeakReference(client);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference HoldAndEnd()
    {
        using IClient client = Build();
        ClientHandle.Of(client).Dispose();
        return new WeakReference(client);
    }

    private static IConsumer<Ignore, Ignore> Build() =>
        new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = "127.0.0.1:1", GroupId = "none" })
            .SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
}
