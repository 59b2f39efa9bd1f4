using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace StreamAgg.Service.Http.Access;

/// <summary>The certificate that HTTPS shows; a renewed one is shown to the next connection.</summary>
internal sealed class ServerCertificate(HttpAccess access, TimeProvider clock, ILogger logger)
{
    private readonly ReadAgain<SslStreamCertificateContext> context = new(
        FilesOf(access), texts => SslStreamCertificateContext.Create(Read(texts[0], texts[^1]), Chain(texts[0]), offline: true), clock, logger);

    /// <exception cref="Exception">It can't be read, or used: one that <see cref="ReadAgain{T}.IsFault"/> knows.</exception>
    public static X509Certificate2 Load(HttpAccess access)
    {
        string[] texts = [.. FilesOf(access).Select(File.ReadAllText)];
        return Read(texts[0], texts[^1]);
    }

    /// <summary>What is wrong with the texts of a certificate and its key; null where nothing is, else a clause.</summary>
    /// <param name="key">Null where the certificate's file holds it, too.</param>
    public static string? FaultOf(string certificate, string? key)
    {
        try
        {
            Read(certificate, key ?? certificate).Dispose();
            return null;
        }
        catch (Exception unfit) when (unfit is CryptographicException or ArgumentException)
        {
            return !certificate.Contains("-----BEGIN CERTIFICATE-----", StringComparison.Ordinal) ? "there is no PEM certificate in this one"
                : key is null ? "there is no key beside it that fits (StreamAgg:Http:KeyFile names a file of its own)"
                : "what StreamAgg:Http:KeyFile names is not its key in PEM, without a passphrase";
        }
    }

    public void Use(ListenOptions listen)
    {
        // Once before the first connection: where the files went bad since they were checked, nothing is served.
        _ = context.Current;
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificateContext = context.Current }),
        });
    }

    private static string[] FilesOf(HttpAccess access) =>
        access.KeyFile is { } key ? [access.CertificateFile!, key] : [access.CertificateFile!];

    private static X509Certificate2 Read(string certificate, string key) => X509Certificate2.CreateFromPem(certificate, key);

    private static X509Certificate2Collection Chain(string certificates)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(certificates);
        return chain;
    }
}
