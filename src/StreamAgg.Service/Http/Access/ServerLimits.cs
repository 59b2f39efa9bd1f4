using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace StreamAgg.Service.Http.Access;

/// <summary>What one connection may cost, before anybody knows who it is.</summary>
internal static class ServerLimits
{
    /// <summary>Far more than dashboards hold; what is past them is closed at once.</summary>
    private const int Connections = 1000;

    /// <summary>Twelve labels of 50 characters, every byte of them escaped.</summary>
    private const int RequestLineBytes = 8 << 10;

    /// <summary>A proxy adds a few of its own, and a cookie of somebody else's on this host may come along.</summary>
    private const int HeaderBytes = 16 << 10;
    private const int Headers = 64;

    /// <summary>For a request's headers, which a client sends in one piece.</summary>
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);

    /// <summary>A page that asks again every 10 s, and probes, keep their connection.</summary>
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Below this, after 5 s of grace, a reader is cut off: it holds rows in memory, and a turn.</summary>
    private static readonly MinDataRate SlowestReader = new(1000, TimeSpan.FromSeconds(5));

    public static void Set(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;
        limits.MaxConcurrentConnections = Connections;
        limits.MaxConcurrentUpgradedConnections = 0;
        limits.MaxRequestBodySize = 0;
        limits.MaxRequestLineSize = RequestLineBytes;
        limits.MaxRequestHeadersTotalSize = HeaderBytes;
        limits.MaxRequestHeaderCount = Headers;
        limits.RequestHeadersTimeout = HeadersTimeout;
        limits.KeepAliveTimeout = IdleTimeout;
        limits.MinResponseDataRate = SlowestReader;
    }
}
