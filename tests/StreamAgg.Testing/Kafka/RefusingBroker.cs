using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace StreamAgg.Testing.Kafka;

/// <summary>A broker that lets nobody in, on a port of the loopback: so much of Kafka's protocol, or of TLS, as it takes to say so.</summary>
public sealed class RefusingBroker : IDisposable
{
    private const short SaslHandshake = 17, ApiVersions = 18, SaslAuthenticate = 36, AuthenticationFailed = 58, FirstFlexibleApiVersions = 3;

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource ending = new();
    private readonly Func<Stream, CancellationToken, Task> receive;

    private RefusingBroker(Func<Stream, CancellationToken, Task> receive)
    {
        this.receive = receive;
        listener.Start();
        _ = AcceptAsync();
    }

    public string BootstrapServers => $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

    /// <summary>Knows the mechanism PLAIN, and no user.</summary>
    public static RefusingBroker OfLogins() => new(RefuseLoginAsync);

    /// <summary>Speaks TLS, with a certificate that it has signed itself.</summary>
    public static RefusingBroker WithUnknownCertificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return new(async (stream, cancellation) =>
        {
            await using var secured = new SslStream(stream);
            await secured.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, cancellation);
        });
    }

    /// <summary>Hangs up on whatever is said to it first, as a plain listener does on TLS.</summary>
    public static RefusingBroker OfEverything() => new(async (stream, cancellation) => await stream.ReadExactlyAsync(new byte[1], cancellation));

    public void Dispose()
    {
        ending.Cancel();
        listener.Dispose();
        ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        CancellationToken end = ending.Token;
        try
        {
            while (true)
                _ = ServeAsync(await listener.AcceptTcpClientAsync(end), end);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client, CancellationToken end)
    {
        try
        {
            using (client)
            {
                await receive(client.GetStream(), end);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
            // Whoever is refused goes.
        }
    }

    private static async Task RefuseLoginAsync(Stream stream, CancellationToken cancellation)
    {
        byte[] head = new byte[12];
        while (true)
        {
            await stream.ReadExactlyAsync(head, cancellation);
            int length = BinaryPrimitives.ReadInt32BigEndian(head);
            await stream.ReadExactlyAsync(new byte[length - 8], cancellation);
            short api = BinaryPrimitives.ReadInt16BigEndian(head.AsSpan(4)), version = BinaryPrimitives.ReadInt16BigEndian(head.AsSpan(6));
            byte[] answer = [.. head.AsSpan(8, 4), .. AnswerTo(api, version)];
            byte[] size = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(size, answer.Length);
            await stream.WriteAsync((byte[])[.. size, .. answer], cancellation);
        }
    }

    private static byte[] AnswerTo(short api, short version) => api switch
    {
        ApiVersions => VersionsAnswer(isFlexible: version >= FirstFlexibleApiVersions),
        SaslHandshake => [0, 0, 0, 0, 0, 1, 0, 5, .. "PLAIN"u8],
        SaslAuthenticate => [0, (byte)AuthenticationFailed, 0, 12, .. "unknown user"u8, 0, 0, 0, 0],
        _ => throw new IOException($"request {api} before the login"),
    };

    /// <summary>What it knows: error 0, then each request with its lowest and highest version.</summary>
    private static byte[] VersionsAnswer(bool isFlexible)
    {
        (short Api, byte Highest)[] known = [(ApiVersions, 3), (SaslHandshake, 1), (SaslAuthenticate, 0), (3, 4)];
        byte[] versions = [.. known.SelectMany(one => (byte[])[0, (byte)one.Api, 0, 0, 0, one.Highest, .. isFlexible ? [(byte)0] : Array.Empty<byte>()])];
        return isFlexible ? [0, 0, (byte)(known.Length + 1), .. versions, 0, 0, 0, 0, 0] : [0, 0, 0, 0, 0, (byte)known.Length, .. versions];
    }
}
