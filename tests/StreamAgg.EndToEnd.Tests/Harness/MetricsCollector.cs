using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace StreamAgg.EndToEnd.Tests.Harness;

/// <summary>Takes whatever metrics a process sends by OTLP over HTTP, and keeps the bytes: names stand in them as they are.</summary>
internal sealed class MetricsCollector : IDisposable
{
    private readonly HttpListener listener = new();
    private readonly ConcurrentQueue<string> received = new();

    public MetricsCollector()
    {
        string prefix = $"http://127.0.0.1:{FreePort()}/";
        listener.Prefixes.Add(prefix);
        listener.Start();
        Variables = new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"] = prefix + "v1/metrics", ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf" };
        _ = TakeAsync();
    }

    /// <summary>What tells a process to send here.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; }

    public string Received => string.Concat(received);

    public void Dispose() => listener.Close();

    private async Task TakeAsync()
    {
        while (listener.IsListening)
        {
            HttpListenerContext post;
            try
            {
                post = await listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            using var reader = new StreamReader(post.Request.InputStream, Encoding.Latin1);
            received.Enqueue(await reader.ReadToEndAsync());
            post.Response.ContentType = "application/x-protobuf";
            post.Response.Close();
        }
    }

    private static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }
}
