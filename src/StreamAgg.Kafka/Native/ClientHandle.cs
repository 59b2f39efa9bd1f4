using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Confluent.Kafka;
using StreamAgg.Librdkafka;

namespace StreamAgg.Kafka.Native;

/// <summary>The native client behind a managed one, kept alive until it is disposed.</summary>
internal sealed unsafe class ClientHandle : IDisposable
{
    private readonly SafeHandle handle;

    /// <summary>
    /// The managed client, kept from the collector for as long as this hold keeps the native one going: the native one calls its delegates, and a
    /// call to one that was collected ends the process. Whoever forgets to dispose of this loses a client's threads, and no more.
    /// </summary>
    private GCHandle callbacks;
    private bool isHeld;

    private ClientHandle(IClient client, SafeHandle handle)
    {
        this.handle = handle;
        callbacks = GCHandle.Alloc(client);
        handle.DangerousAddRef(ref isHeld);
        Pointer = handle.DangerousGetHandle();
    }

    public nint Pointer { get; }

    /// <summary>Takes the handle out and proves that it is one: the native client must give the name that the managed one gives.</summary>
    /// <exception cref="NotSupportedException">The managed client is built in another way than this code knows.</exception>
    public static ClientHandle Of(IClient client)
    {
        LibrdkafkaLibrary.EnsureLoaded();
        try
        {
            var held = new ClientHandle(client, (SafeHandle)NativeHandleOf(client.Handle));
            string? name = Marshal.PtrToStringUTF8((nint)NativeMethods.Name(held.Pointer));
            if (name == client.Name)
                return held;

            held.Dispose();
            throw new NotSupportedException(WrongVersion($"its native handle is called '{name}', not '{client.Name}'"));
        }
        catch (Exception e) when (e is MissingMethodException or TypeLoadException or InvalidCastException or EntryPointNotFoundException)
        {
            throw new NotSupportedException(WrongVersion(e.Message), e);
        }
    }

    public void Dispose()
    {
        if (isHeld)
        {
            isHeld = false;
            handle.DangerousRelease();
            callbacks.Free();
        }
    }

    private static string WrongVersion(string why) =>
        $"This program can't read through Confluent.Kafka {typeof(Handle).Assembly.GetName().Version} with {Library.VersionString}: {why}. "
        + "Use the versions in Directory.Packages.props.";

    // The handle is internal there; the batch call needs it. Checked by Of, pinned by the central package version.
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_LibrdkafkaHandle")]
    [return: UnsafeAccessorType("Confluent.Kafka.Impl.SafeKafkaHandle, Confluent.Kafka")]
    private static extern object NativeHandleOf(Handle handle);
}
