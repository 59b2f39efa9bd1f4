using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StreamAgg.Service.Http;
using StreamAgg.Service.Http.Access;
using StreamAgg.Service.Tests.Run;
using Xunit;

namespace StreamAgg.Service.Tests.Http;

/// <summary>Who may read by HTTP, over what, and what one request may cost.</summary>
public sealed class AccessTests : IDisposable
{
    private const string Token = "right-horse";

    private readonly Stage stage = new();
    private readonly PemFiles files = new();

    public AccessTests() => stage.Open(new FixedReports(), () => true, () => true);

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    public void Dispose() => files.Dispose();

    public static TheoryData<string?, HttpStatusCode> Credentials => new()
    {
        { null, HttpStatusCode.Unauthorized },
        { $"Bearer {Token}", HttpStatusCode.OK },
        { $"bearer {Token}", HttpStatusCode.OK },
        { "Bearer", HttpStatusCode.Unauthorized },
        { $"Bearer {Token}x", HttpStatusCode.Unauthorized },
        { $"Bearer {Token[..^1]}", HttpStatusCode.Unauthorized },
        { $"Basic {Base64("anybody:" + Token)}", HttpStatusCode.OK },
        { $"Basic {Base64(":" + Token)}", HttpStatusCode.OK },
        { $"Basic {Base64(Token)}", HttpStatusCode.Unauthorized },
        { $"Basic {Base64(Token + ":")}", HttpStatusCode.Unauthorized },
        { $"Basic {Token}", HttpStatusCode.Unauthorized },
        { $"Digest {Token}", HttpStatusCode.Unauthorized },
    };

    [Theory]
    [MemberData(nameof(Credentials))]
    public async Task Only_the_token_opens_as_bearer_or_as_a_password(string? authorization, HttpStatusCode status)
    {
        await using var server = await StartAsync(new HttpAccess { TokenFile = files.Write("token", Token + "\n") });
        using var client = ClientOf(server);

        foreach (string path in (string[])["/", "/api/v1/hourly", "/api/v1/status"])
            Assert.Equal(status, (await SendAsync(client, path, authorization)).StatusCode);
        foreach (string probe in (string[])["/healthz/live", "/healthz/ready"])
            Assert.Equal(HttpStatusCode.OK, (await SendAsync(client, probe, authorization)).StatusCode);
    }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/nowhere")]
    [InlineData("/HEALTHZ/live")]
    [InlineData("/healthz/../api/v1/hourly")]
    [InlineData("/healthzz")]
    public async Task Without_the_token_no_path_tells_whether_it_is_there(string path)
    {
        await using var server = await StartAsync(new HttpAccess { TokenFile = files.Write("token", Token) });
        using var client = ClientOf(server);

        var refused = await SendAsync(client, path, null);

        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal(["Bearer", "Basic"], refused.Headers.WwwAuthenticate.Select(offered => offered.Scheme));
        Assert.Equal("application/problem+json", refused.Content.Headers.ContentType?.MediaType);
        string body = await refused.Content.ReadAsStringAsync(Ending);
        Assert.Contains("StreamAgg:Http:TokenFile", body, StringComparison.Ordinal);
        Assert.DoesNotContain(Token, body, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_that_is_replaced_counts_from_then_on_and_a_broken_file_changes_nothing()
    {
        var time = new SteppedTime();
        var log = new RecordedLines();
        var token = new AccessToken(files.Write("token", "first"), time, log);
        Assert.True(token.Admits("Bearer first"));

        files.Write("token", "second");
        time.Move(TimeSpan.FromSeconds(1));
        Assert.Equal((false, true), (token.Admits("Bearer first"), token.Admits("Bearer second")));
        Assert.Equal(LogLevel.Information, Assert.Single(log.Lines).Level);

        string file = files.Write("token", "\n");
        time.Move(TimeSpan.FromSeconds(1));
        Assert.Equal((false, true), (token.Admits("Bearer "), token.Admits("Bearer second")));
        time.Move(TimeSpan.FromSeconds(1));
        Assert.True(token.Admits("Bearer second"));
        Assert.Equal((LogLevel.Warning, $"{file} can't be taken, what it held before stands: this one is empty"), log.Lines[1]);
        File.Delete(file);
        time.Move(TimeSpan.FromSeconds(1));
        Assert.True(token.Admits("Bearer second"));
        Assert.Equal(3, log.Lines.Count);
    }

    [Fact]
    public async Task A_renewed_certificate_is_shown_to_the_next_connection()
    {
        using X509Certificate2 first = files.Renew();
        await using var server = await StartAsync(new HttpAccess { CertificateFile = files.Certificate, KeyFile = files.Key }, "https://localhost:0");
        Assert.StartsWith("https://", server.Url, StringComparison.Ordinal);
        Assert.True(await IsTrustedAsync(server, first));

        using X509Certificate2 second = files.Renew();
        while (!await IsTrustedAsync(server, second))
            await Task.Delay(20, Ending);
        Assert.False(await IsTrustedAsync(server, first));
    }

    [Fact]
    public async Task A_certificate_whose_key_has_not_come_yet_changes_nothing()
    {
        using X509Certificate2 first = files.Renew();
        string firstKey = await File.ReadAllTextAsync(files.Key, Ending);
        var log = new RecordedLines();
        await using var server = await StartAsync(
            new HttpAccess { CertificateFile = files.Certificate, KeyFile = files.Key }, "https://localhost:0", new OneLog(log));
        using X509Certificate2 second = files.Renew();
        await File.WriteAllTextAsync(files.Key, firstKey, Ending);

        while (!log.Lines.Any(line => line.Level == LogLevel.Warning && line.Line.StartsWith(files.Certificate, StringComparison.Ordinal)))
            Assert.True(await IsTrustedAsync(server, first));
        Assert.True(await IsTrustedAsync(server, first));
    }

    [Theory]
    [InlineData("GET", "/")]
    [InlineData("GET", "/healthz/live")]
    [InlineData("GET", "/api/v1/hourly")]
    [InlineData("GET", "/api/v1/hourly?from=x")]
    [InlineData("GET", "/nowhere")]
    [InlineData("POST", "/")]
    public async Task Every_answer_forbids_browsers_what_nobody_needs(string method, string path)
    {
        await using var server = await StartAsync(new HttpAccess());
        using var client = ClientOf(server);
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        var answer = await client.SendAsync(request, Ending);

        Assert.Equal("nosniff", Header("X-Content-Type-Options"));
        Assert.Equal("DENY", Header("X-Frame-Options"));
        Assert.Equal("no-referrer", Header("Referrer-Policy"));
        Assert.Equal("same-origin", Header("Cross-Origin-Resource-Policy"));
        Assert.Equal("same-origin", Header("Cross-Origin-Opener-Policy"));
        Assert.Equal("no-store", Header("Cache-Control"));
        Assert.StartsWith("default-src 'none'; ", Header("Content-Security-Policy"), StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", Header("Content-Security-Policy"), StringComparison.Ordinal);
        Assert.False(answer.Headers.Contains("Server"));
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));

        string Header(string name) => Assert.Single(answer.Headers.GetValues(name));
    }

    [Fact]
    public async Task A_request_that_costs_too_much_is_refused_before_it_is_read()
    {
        await using var server = await StartAsync(new HttpAccess());
        using var client = ClientOf(server);

        Assert.Equal(HttpStatusCode.RequestUriTooLong, (await client.GetAsync(new Uri("/" + new string('a', 9000), UriKind.Relative), Ending)).StatusCode);
        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, await WithHeadersAsync(1, 20_000));
        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, await WithHeadersAsync(100, 1));
        Assert.Equal(HttpStatusCode.OK, await WithHeadersAsync(50, 100));

        async Task<HttpStatusCode> WithHeadersAsync(int count, int length)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/healthz/live");
            for (int i = 0; i < count; i++)
                request.Headers.Add($"X-{i}", new string('a', length));
            return (await client.SendAsync(request, Ending)).StatusCode;
        }
    }

    private Task<HttpServer> StartAsync(HttpAccess access, string url = "http://127.0.0.1:0", ILoggerFactory? loggers = null) =>
        HttpServer.StartAsync(new Uri(url), stage, loggers ?? NullLoggerFactory.Instance, Ending, access: access);

    private static HttpClient ClientOf(HttpServer server) => new() { BaseAddress = new Uri(server.Url) };

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, string path, string? authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(client.BaseAddress + path[1..], new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        if (authorization is not null)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        return await client.SendAsync(request, Ending);
    }

    /// <summary>Asks over a connection of its own, as a client that trusts that certificate alone and knows the server as localhost.</summary>
    private static async Task<bool> IsTrustedAsync(HttpServer server, X509Certificate2 root)
    {
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.Add(root);
        using var client = new HttpClient(handler);
        try
        {
            return (await client.GetAsync(new UriBuilder(server.Url) { Host = "localhost", Path = "/healthz/live" }.Uri, Ending)).IsSuccessStatusCode;
        }
        catch (HttpRequestException refused) when (refused.HttpRequestError == HttpRequestError.SecureConnectionError)
        {
            return false;
        }
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private sealed class OneLog(ILogger log) : ILoggerFactory
    {
        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => log;

        public void Dispose()
        {
        }
    }
}
