using System.Runtime.InteropServices;
using StreamAgg.Kafka.Native;

namespace StreamAgg.Kafka.Options;

/// <summary>Asks the client itself whether its settings go together: files that must be there, mechanisms that it was built with, limits that depend on each other.</summary>
/// <remarks>The clients that are made here are told of no broker, so nothing is connected, and are gone when the answer is there.</remarks>
internal static unsafe class ClientTrial
{
    private const int Producer = 0, Consumer = 1, ReasonBytes = 512;

    /// <param name="options">Each property valid by itself.</param>
    /// <returns>Null where every client that the service needs can be made; else the first one's reason.</returns>
    public static string? WhyRefused(KafkaOptions options) =>
        WhyRefused(Producer, ClientSettings.Producer(options)) ?? WhyRefused(Consumer, ClientSettings.Consumer(options, member: 0, members: 1));

    private static string? WhyRefused(int type, Dictionary<string, string> settings)
    {
        byte* reason = stackalloc byte[ReasonBytes];
        nint configuration = NativeMethods.ConfigurationNew();
        settings.Remove("bootstrap.servers");

        // What it logs meanwhile, that it knows no broker, goes to a queue that nobody reads.
        settings["log.queue"] = "true";
        foreach ((string name, string value) in settings)
        {
            if (NativeMethods.ConfigurationSet(configuration, name, value, reason, ReasonBytes) != 0)
            {
                NativeMethods.ConfigurationDestroy(configuration);
                return TextOf(reason);
            }
        }

        nint client = NativeMethods.ClientNew(type, configuration, reason, ReasonBytes);
        if (client == 0)
        {
            NativeMethods.ConfigurationDestroy(configuration);
            return TextOf(reason);
        }

        // It owns the configuration now.
        NativeMethods.ClientDestroy(client);
        return null;
    }

    private static string TextOf(byte* reason) => Marshal.PtrToStringUTF8((nint)reason)!.Trim();
}
