using System.Runtime.InteropServices;

namespace StreamAgg.Kafka.Native;

/// <summary>Makes native clients.</summary>
internal static unsafe class ClientFactory
{
    /// <summary><c>rd_kafka_type_t</c>.</summary>
    public const int Producer = 0, Consumer = 1;

    private const int ReasonBytes = 512;

    /// <summary>Why the client knows no such property, or not that value; null where it takes it.</summary>
    public static string? Set(nint configuration, string name, string value)
    {
        byte* reason = stackalloc byte[ReasonBytes];
        return NativeMethods.ConfigurationSet(configuration, name, value, reason, ReasonBytes) == 0 ? null : TextOf(reason);
    }

    /// <param name="configuration">Taken over, whatever comes of it.</param>
    /// <returns>A client, or why there is none.</returns>
    public static (nint Client, string? Reason) Create(int type, nint configuration, IEnumerable<KeyValuePair<string, string>> settings)
    {
        foreach ((string name, string value) in settings)
        {
            if (Set(configuration, name, value) is { } refusal)
            {
                NativeMethods.ConfigurationDestroy(configuration);
                return (0, refusal);
            }
        }

        byte* reason = stackalloc byte[ReasonBytes];
        nint client = NativeMethods.ClientNew(type, configuration, reason, ReasonBytes);
        if (client != 0)
            return (client, null);

        NativeMethods.ConfigurationDestroy(configuration);
        return (0, TextOf(reason));
    }

    private static string TextOf(byte* reason) => Marshal.PtrToStringUTF8((nint)reason)!.Trim();
}
