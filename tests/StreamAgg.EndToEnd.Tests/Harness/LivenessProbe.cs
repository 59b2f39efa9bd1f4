using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace StreamAgg.EndToEnd.Tests.Harness;

/// <summary>Asks <c>/healthz/live</c> as an orchestrator does, over a new connection each time, and in between a listener that does nothing but answer.</summary>
/// <remarks>
/// On threads of their own with blocking sockets: what this process's thread pool is busy with is not the service's delay. The bare listener's answers tell
/// what the machine adds, whose processors brokers, a PostgreSQL and two hundred clients share.
/// </remarks>
internal sealed class LivenessProbe : IDisposable
{
    private static readonly byte[] Request = "GET /healthz/live HTTP/1.1\r\nHost: live\r\nConnection: close\r\n\r\n"u8.ToArray();
    private static readonly byte[] Answer = "HTTP/1.1 200 OK\r\n\r\n"u8.ToArray();
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly TcpListener bare = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint service;
    private readonly Thread asking;
    private volatile bool isOver;
    private Exception? fault;

    public LivenessProbe(string url)
    {
        service = IPEndPoint.Parse(new Uri(url).Authority);
        bare.Start();
        asking = new Thread(Ask) { IsBackground = true };
        asking.Start();
        new Thread(AnswerBare) { IsBackground = true }.Start();
    }

    public Latencies Live { get; } = new();

    public Latencies Bare { get; } = new();

    /// <summary>Ends the asking; every answer was that of a process that lives.</summary>
    public void End()
    {
        isOver = true;
        asking.Join();
        Assert.Null(fault);
    }

    public void Dispose()
    {
        isOver = true;
        bare.Dispose();
    }

    private static double Time(IPEndPoint server)
    {
        Span<byte> answer = stackalloc byte[1024];
        long asked = Stopwatch.GetTimestamp();
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 30_000 };
        socket.Connect(server);
        socket.Send(Request);
        socket.Receive(answer);
        double milliseconds = Stopwatch.GetElapsedTime(asked).TotalMilliseconds;
        Assert.True(answer.StartsWith("HTTP/1.1 200"u8));
        return milliseconds;
    }

    private void Ask()
    {
        try
        {
            for (; !isOver; Thread.Sleep(Pause))
            {
                Bare.Add(Time((IPEndPoint)bare.LocalEndpoint));
                Live.Add(Time(service));
            }
        }
        catch (Exception any)
        {
            fault = any;
        }
    }

    private void AnswerBare()
    {
        byte[] request = new byte[1024];
        try
        {
            while (true)
            {
                using var socket = bare.AcceptSocket();
                socket.Receive(request);
                socket.Send(Answer);
            }
        }
        catch (Exception) when (isOver)
        {
            // Nobody asks any more.
        }
    }

    /// <summary>How long answers took, in milliseconds; read once no more come.</summary>
    public sealed class Latencies
    {
        private readonly List<double> taken = [];

        /// <value>The 99th percentile.</value>
        public double Late => At(0.99);

        public void Add(double milliseconds) => taken.Add(milliseconds);

        public override string ToString() => $"{taken.Count} answers, median {At(0.5):0.0} ms, p99 {Late:0.0} ms, worst {At(1):0.0} ms";

        private double At(double q) => taken.Order().ElementAt((int)(q * (taken.Count - 1)));
    }
}
