using System.Net;
using System.Net.Sockets;
using OpenTelemetry.Metrics;
using StreamAgg.Pipeline.Faults;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Http.Access;
using StreamAgg.Service.Output;
using StreamAgg.Service.Reports;

namespace StreamAgg.Service.Http;

/// <summary>The read-only HTTP side of <c>run</c> and <c>demo</c>.</summary>
/// <remarks>Built from nothing: no environment variable or file but our own settings has a say in where it listens or what it does.</remarks>
internal sealed class HttpServer : IAsyncDisposable
{
    /// <summary>Whoever still waits for an answer then is told by the end of the connection.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(1);

    /// <summary>How old a status may be that is shown: it costs the brokers and the database the same for one who asks and for hundreds.</summary>
    private static readonly TimeSpan StatusAge = TimeSpan.FromSeconds(2);

    private readonly WebApplication app;

    private HttpServer(WebApplication app) => this.app = app;

    /// <value>Where it really listens: the port is known only now where any free one was asked for.</value>
    public string Url => app.Urls.First();

    /// <value>The patterns of all that is served.</value>
    public IEnumerable<string> Routes => ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
        .Select(endpoint => endpoint.RoutePattern.RawText!);

    /// <param name="stage">What is served, and what is said until there is something.</param>
    /// <param name="loggers">Take what a request that can't be answered meets.</param>
    /// <param name="timeout">For one question; <see cref="Limits.AnswerTimeout"/> where none is given.</param>
    /// <param name="access">Who may read, and over what; null for everybody who can connect, over plain HTTP.</param>
    /// <param name="metrics">Served at /metrics in Prometheus' format; null: nothing is.</param>
    /// <exception cref="CommandFaultException">The address can't be listened on.</exception>
    public static async Task<HttpServer> StartAsync(
        Uri url, Stage stage, ILoggerFactory loggers, CancellationToken cancellation, TimeSpan? timeout = null, HttpAccess? access = null,
        MeterProvider? metrics = null)
    {
        var logger = loggers.CreateLogger<HttpServer>();
        var limit = timeout ?? Limits.AnswerTimeout;
        var status = new Recent<StatusReport>(token => stage.Reports.StatusAsync(token), StatusAge, limit, TimeProvider.System);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.Services.AddRoutingCore();
        Packing.Add(builder.Services);
        Limits.Add(builder.Services, limit);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            ServerLimits.Set(kestrel);
            if (access is { CertificateFile: not null })
                kestrel.ConfigureEndpointDefaults(new ServerCertificate(access, TimeProvider.System, logger).Use);
            Listen(kestrel, url);
        });
        var server = builder.Build();
        server.UseSecurityHeaders();
        server.UseReadOnlyRequests(logger);
        if (access is { TokenFile: { } tokenFile })
            server.UseToken(new AccessToken(tokenFile, TimeProvider.System, logger));
        server.UseResponseCompression();
        server.UseRouting();
        Limits.Use(server);
        HealthEndpoints.Map(server, stage);
        RowEndpoints.Map(server, stage, status);
        if (metrics is not null)
            server.UseOpenTelemetryPrometheusScrapingEndpoint(
                metrics, predicate: null, "/metrics", configureBranchedPipeline: null, optionsName: null);
        LiveEndpoints.Map(server, stage, limit);
        PageEndpoints.Map(server, stage, status, limit);
        AssetEndpoints.Map(server);
        // Every path: without a pattern, one that looks like a file's would be left out.
        server.MapFallback("{*path}", context => Problem.WriteAsync(
            context, StatusCodes.Status404NotFound, "Not found", "Nothing is served here; / is the page, /openapi/v1.json names the rest."));
        try
        {
            await server.StartAsync(cancellation);
            return new HttpServer(server);
        }
        catch (Exception fault) when (fault is IOException or SocketException)
        {
            await server.DisposeAsync();
            throw CommandFaultException.Dependency(
                new Diagnosis($"HTTP can't be served on {url.GetLeftPart(UriPartial.Authority)}: {OneLine.Of(fault)}",
                    "Free the port, or set StreamAgg:Http:Url."), fault);
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var bound = new CancellationTokenSource(StopTimeout);
        await app.StopAsync(bound.Token);
        await app.DisposeAsync();
    }

    private static void Listen(Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions kestrel, Uri url)
    {
        if (IPAddress.TryParse(url.Host.Trim('[', ']'), out var address))
            kestrel.Listen(address, url.Port);
        else if (url.Host == "localhost" && url.Port != 0)
            kestrel.ListenLocalhost(url.Port);
        else if (url.Host == "localhost")
            kestrel.Listen(IPAddress.Loopback, 0);
        else
            kestrel.Listen(Resolve(url), url.Port);
    }

    private static IPAddress Resolve(Uri url)
    {
        try
        {
            return Dns.GetHostAddresses(url.Host)[0];
        }
        catch (SocketException fault)
        {
            throw CommandFaultException.Dependency(
                new Diagnosis($"HTTP can't be served on {url.Host}: {OneLine.Of(fault)}", "Set StreamAgg:Http:Url to an address of this machine."),
                    fault);
        }
    }
}
