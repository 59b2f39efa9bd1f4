using System.Reflection;
using System.Runtime.InteropServices;
using Confluent.Kafka;

namespace StreamAgg.Librdkafka;

/// <summary>The native client library: the very one that Confluent.Kafka has loaded, so that handles may pass between the two.</summary>
/// <remarks>
/// Confluent.Kafka picks one of several builds by the operating system. Loading by a name of our own could bring in a second copy
/// whose data structures know nothing of the first one's. This file is compiled into each assembly that calls the library.
/// </remarks>
internal static class LibrdkafkaLibrary
{
    public const string Name = "librdkafka";

    private static readonly Lock Gate = new();
    private static bool loaded;

    /// <summary>Resolves this assembly's calls; call it before the first one. Safe from any thread, cheap when done before.</summary>
    /// <exception cref="DllNotFoundException">The library is missing or another version than the managed client's.</exception>
    public static void EnsureLoaded()
    {
        lock (Gate)
        {
            if (loaded)
                return;

            int version = Library.Version;
            nint handle = NativeLibrary.Load(NameThatWasLoaded(), typeof(Library).Assembly, searchPath: null);
            NativeLibrary.SetDllImportResolver(typeof(LibrdkafkaLibrary).Assembly, (name, _, _) => name == Name ? handle : 0);
            int ours = VersionOf(handle);
            if (ours != version)
            {
                throw new DllNotFoundException(
                    $"Two versions of librdkafka were found (0x{version:x8} and 0x{ours:x8}): leave only the one beside the program's binaries.");
            }

            loaded = true;
        }
    }

    /// <summary>The managed client binds its calls through one of several classes, each with the library's name as a constant.</summary>
    private static string NameThatWasLoaded()
    {
        const BindingFlags All = BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public;
        Type? binding = typeof(Library).Assembly.GetType("Confluent.Kafka.Impl.Librdkafka");
        var bound = binding?.GetField("_version", All)?.GetValue(null) as Delegate;
        return bound?.Method.DeclaringType?.GetField("DllName", All)?.GetValue(null) as string ?? Name;
    }

    private static unsafe int VersionOf(nint handle) =>
        ((delegate* unmanaged[Cdecl]<int>)NativeLibrary.GetExport(handle, "rd_kafka_version"))();
}
