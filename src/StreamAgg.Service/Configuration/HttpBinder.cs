using StreamAgg.Service.Http.Access;

namespace StreamAgg.Service.Configuration;

/// <summary>The settings of section <c>Http</c>. Listens nowhere.</summary>
internal static class HttpBinder
{
    public static (Uri Url, HttpAccess Access) Bind(SettingsReader reader)
    {
        var url = new Uri(reader.Text("Http:Url", "http://127.0.0.1:8080", HttpUrl.Allowed, HttpUrl.IsValid));
        string? token = reader.Optional("Http:TokenFile", path => SettingFile.FaultOf(path, "the token", AccessToken.FaultOf));
        string? keyText = null;
        string? key = reader.Optional("Http:KeyFile", path => SettingFile.FaultOf(path, "the certificate's key", text =>
        {
            keyText = text;
            return null;
        }));
        // A key that can't be read was told of already.
        string? certificate = reader.Optional("Http:CertificateFile", path => SettingFile.FaultOf(
            path, "the certificate", text => key is not null && keyText is null ? null : ServerCertificate.FaultOf(text, keyText)));

        bool isHttps = url.Scheme == Uri.UriSchemeHttps;
        if (isHttps && certificate is null)
            reader.Refuse("Http:CertificateFile", null, "an https StreamAgg:Http:Url needs it: a PEM file with the server's certificate.");
        if (!isHttps && (certificate ?? key) is not null)
            reader.Refuse("Http:Url", url.GetLeftPart(UriPartial.Authority), "with a certificate or a key it begins with https://.");
        return (url, new HttpAccess { TokenFile = token, CertificateFile = certificate, KeyFile = key });
    }
}
