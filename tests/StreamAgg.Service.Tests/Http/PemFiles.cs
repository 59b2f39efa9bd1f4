using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace StreamAgg.Service.Tests.Http;

/// <summary>A folder with the files that settings of HTTP name.</summary>
internal sealed class PemFiles : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("streamagg-test-").FullName;

    public string Certificate => Path.Combine(folder, "tls.crt");

    public string Key => Path.Combine(folder, "tls.key");

    public string Write(string name, string text)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>A new certificate for localhost that nobody signed but itself, and its key, in their two files.</summary>
    /// <returns>What clients have to trust.</returns>
    public X509Certificate2 Renew(TimeSpan? validFor = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var now = DateTimeOffset.UtcNow;
        using X509Certificate2 made = request.CreateSelfSigned(now.AddDays(-2), now + (validFor ?? TimeSpan.FromDays(1)));
        File.WriteAllText(Key, key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(Certificate, made.ExportCertificatePem());
        return X509CertificateLoader.LoadCertificate(made.RawData);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
