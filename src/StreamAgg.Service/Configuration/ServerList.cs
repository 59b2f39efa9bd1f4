using System.Globalization;

namespace StreamAgg.Service.Configuration;

/// <summary>host, host:port, or [v6]:port, with commas between; a protocol in front (<c>SSL://</c>) is librdkafka's to judge.</summary>
internal static class ServerList
{
    public static bool IsValid(string text) => text.Split(',', StringSplitOptions.TrimEntries).All(IsServer);

    private static bool IsServer(string server)
    {
        int scheme = server.IndexOf("://", StringComparison.Ordinal);
        string address = scheme >= 0 ? server[(scheme + 3)..] : server;
        int colon = address.LastIndexOf(':');
        string host = colon < 0 || address.EndsWith(']') ? address : address[..colon];
        if (host.Length == 0 || host.Any(c => char.IsWhiteSpace(c) || c is '/' or '@'))
            return false;
        return host.Length == address.Length
            || (ushort.TryParse(address[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port > 0);
    }
}
