using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace StreamAgg.Testing;

/// <summary>An authority of a test's own, and the certificates that it signs, as PEM.</summary>
public sealed class TestAuthority : IDisposable
{
    private const int KeyBits = 2048;

    private readonly RSA key = RSA.Create(KeyBits);
    private readonly X509Certificate2 own;

    public TestAuthority()
    {
        var request = new CertificateRequest("CN=Test authority", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        own = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(2));
    }

    /// <summary>What those trust who trust it.</summary>
    public string Pem => own.ExportCertificatePem() + "\n";

    /// <param name="name">A host's, or an address: the certificate is for no other.</param>
    public (string Certificate, string Key) Issue(string name)
    {
        using RSA theirs = RSA.Create(KeyBits);
        var request = new CertificateRequest($"CN={name}", theirs, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(name, out IPAddress? address))
            names.AddIpAddress(address);
        else
            names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 issued = request.Create(own, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(8));
        return (issued.ExportCertificatePem() + "\n", theirs.ExportPkcs8PrivateKeyPem() + "\n");
    }

    public void Dispose()
    {
        own.Dispose();
        key.Dispose();
    }
}
