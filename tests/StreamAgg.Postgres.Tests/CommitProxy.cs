using System.Net;
using System.Net.Sockets;
using System.Text;

namespace StreamAgg.Postgres.Tests;

/// <summary>What happens to a session when its COMMIT comes by.</summary>
internal enum AtCommit
{
    /// <summary>Nothing.</summary>
    Pass,

    /// <summary>The server gets it, the answer is lost with the connection.</summary>
    CutAfter,

    /// <summary>It never arrives; the connection is lost.</summary>
    CutBefore,

    /// <summary>It never arrives, and the connection stays open in silence.</summary>
    Swallow,
}

/// <summary>A wire between client and server that does something at COMMIT, and whose address can move to another server.</summary>
internal sealed class CommitProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Task accepting;

    public CommitProxy(int serverPort)
    {
        ServerPort = serverPort;
        listener.Start();
        accepting = AcceptAsync();
    }

    public AtCommit Mode { get; set; }

    /// <summary>Where new sessions go; those there are stay.</summary>
    public int ServerPort { get; set; }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Stop();
        await accepting;
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var sessions = new List<Task>();
        try
        {
            while (true)
                sessions.Add(ServeAsync(await listener.AcceptTcpClientAsync(stop.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(sessions);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient())
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, ServerPort, stop.Token);
                await Task.WhenAny(ForwardAsync(client.GetStream(), server.GetStream()), server.GetStream().CopyToAsync(client.GetStream(), stop.Token));
            }
            catch (Exception lost) when (lost is IOException or SocketException or OperationCanceledException)
            {
                // Either end is gone: so is the session.
            }
        }
    }

    private async Task ForwardAsync(NetworkStream from, NetworkStream to)
    {
        byte[] buffer = new byte[65536];
        while (await from.ReadAsync(buffer, stop.Token) is var read and > 0)
        {
            bool isCommit = Mode != AtCommit.Pass && Encoding.ASCII.GetString(buffer, 0, read).Contains("COMMIT\0", StringComparison.Ordinal);
            if (isCommit && Mode == AtCommit.CutBefore)
                return;
            if (isCommit && Mode == AtCommit.Swallow)
                await Task.Delay(Timeout.Infinite, stop.Token);
            // The client is cut off first: not a byte of the answer may get through.
            if (isCommit)
                from.Socket.Shutdown(SocketShutdown.Both);
            await to.WriteAsync(buffer.AsMemory(0, read), stop.Token);
            if (isCommit)
            {
                // Long enough for the server to have read it.
                await Task.Delay(200, stop.Token);
                return;
            }
        }
    }
}
