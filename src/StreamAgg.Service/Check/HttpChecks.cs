using System.Security.Cryptography.X509Certificates;
using StreamAgg.Core.Time;
using StreamAgg.Pipeline.Faults;
using StreamAgg.Service.Configuration;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Http;
using StreamAgg.Service.Http.Access;

namespace StreamAgg.Service.Check;

/// <summary>What must be so for HTTP, and who could read by it.</summary>
internal sealed class HttpChecks(Settings settings, TimeProvider clock)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private static readonly Diagnosis Silence = new(
        $"No answer came within {CheckRun.AnswerTimeout.TotalSeconds:0} s.", "See that StreamAgg:Http:Url names an address of this machine.");

    public IEnumerable<Precondition> All =>
    [
        new($"HTTP address {settings.HttpUrl.GetLeftPart(UriPartial.Authority)}", [], AddressAsync, Silence),
        new("HTTP readers", [], _ => Task.FromResult(Finding.Ok(Readers)), Silence),
        .. settings.HttpAccess.CertificateFile is { } file
            ? (Precondition[])[new("HTTP certificate", [], _ => Task.FromResult(Certificate(file)), Silence)]
            : [],
    ];

    private string Readers =>
        settings.HttpAccess.TokenFile is { } token
            ? $"whoever shows the token in {token}" + (settings.IsTokenPlain ? ", which travels without TLS here" : "")
        : settings.IsHttpOpen ? "whoever can connect: no token is asked for (StreamAgg:Http:TokenFile)"
        : "whoever is on this machine";

    private Finding Certificate(string file)
    {
        using X509Certificate2 certificate = ServerCertificate.Load(settings.HttpAccess);
        var (now, begin, end) = (clock.GetUtcNow().UtcDateTime, certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
        return now < begin ? Failed($"is valid from {Text(begin)} on only")
            : now > end ? Failed($"was valid until {Text(end)}")
            : Finding.Ok($"valid until {Text(end)}: {certificate.Subject}");

        Finding Failed(string what) =>
            Finding.Failed(new($"The one in {file} {what}.", "Put a valid one there, with its key: a running service takes it without a restart."));
        static string Text(DateTime time) => Instant.FromUtc(time).ToString();
    }

    /// <summary>By serving there for a moment, as <c>run</c> would.</summary>
    private async Task<Finding> AddressAsync(CancellationToken cancellation)
    {
        using var loggers = LoggerFactory.Create(_ => { });
        try
        {
            await using var server = await HttpServer.StartAsync(settings.HttpUrl, new Stage(), loggers, cancellation, access: settings.HttpAccess);
            return Finding.Ok("free");
        }
        catch (CommandFaultException) when (settings.HttpUrl.Port != 0)
        {
            if (await IsStreamAggAsync(cancellation))
                return Finding.Ok("a StreamAgg serves there already; another one on this machine needs a StreamAgg:Http:Url of its own");
            throw;
        }
    }

    private async Task<bool> IsStreamAggAsync(CancellationToken cancellation)
    {
        using var handler = new HttpClientHandler();
#pragma warning disable MA0039 // Whoever serves there is told nothing and trusted with nothing, and its certificate is for another name than 0.0.0.0.
        handler.ServerCertificateCustomValidationCallback = (_, _, _, _) => true;
#pragma warning restore MA0039
        using var client = new HttpClient(handler) { Timeout = Timeout };
        try
        {
            return (await client.GetStringAsync(new Uri(settings.HttpUrl, "/healthz/live"), cancellation)).Contains("live", StringComparison.Ordinal);
        }
        catch (Exception none) when (none is HttpRequestException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            return false;
        }
    }
}
