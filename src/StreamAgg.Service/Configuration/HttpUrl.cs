namespace StreamAgg.Service.Configuration;

/// <summary>What <c>Http:Url</c> may be: one host and port, plain or with TLS.</summary>
internal static class HttpUrl
{
    public const string Allowed = "allowed is http://HOST:PORT or https://HOST:PORT with a port from 0 (any free one) to 65535 and no path; 0.0.0.0 or [::] for every address";

    public static bool IsValid(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
        && url.Host.Length > 0
        && url.PathAndQuery == "/"
        && url.Fragment.Length == 0
        && url.UserInfo.Length == 0;
}
