using Microsoft.Extensions.Configuration;
using StreamAgg.Service.Configuration;
using StreamAgg.Service.Faults;
using StreamAgg.Service.Tests.Http;
using Xunit;

namespace StreamAgg.Service.Tests.Configuration;

public sealed class HttpBinderTests : IDisposable
{
    private readonly PemFiles files = new();

    public HttpBinderTests() => files.Renew().Dispose();

    public void Dispose() => files.Dispose();

    [Theory]
    [InlineData("http://127.0.0.1:8080", false, false)]
    [InlineData("http://localhost:8080", false, false)]
    [InlineData("http://[::1]:8080", false, false)]
    [InlineData("http://0.0.0.0:8080", false, true)]
    [InlineData("http://[::]:8080", false, true)]
    [InlineData("http://metrics.example:8080", false, true)]
    [InlineData("http://0.0.0.0:8080", true, false)]
    public void HTTP_is_open_where_other_machines_reach_it_and_no_token_is_asked_for(string url, bool hasToken, bool isOpen) =>
        Assert.Equal(isOpen, Bind(("Url", url), ("TokenFile", hasToken ? files.Write("token", "a") : "")).IsHttpOpen);

    [Fact]
    public void Without_settings_only_this_machine_can_connect()
    {
        Settings settings = Bind();

        Assert.True(settings.HttpUrl.IsLoopback);
        Assert.False(settings.IsHttpOpen);
    }

    [Fact]
    public void A_certificate_has_its_key_beside_it_or_in_its_own_file()
    {
        Bind(("Url", "https://0.0.0.0:8443"), ("CertificateFile", files.Certificate), ("KeyFile", files.Key));
        string both = files.Write("both.pem", File.ReadAllText(files.Certificate) + "\n" + File.ReadAllText(files.Key));
        Bind(("Url", "https://0.0.0.0:8443"), ("CertificateFile", both));
    }

    [Fact]
    public void Files_that_are_not_what_they_should_be_are_refused_with_their_key_and_without_their_text()
    {
        string certificate = files.Certificate, key = files.Key, foreign = files.Write("foreign.key", File.ReadAllText(key));
        files.Renew().Dispose();
        string text = files.Write("text", "hidden hidden");

        Refused("TokenFile", "more than one word", ("TokenFile", text));
        Refused("CertificateFile", "an https StreamAgg:Http:Url needs it", ("Url", "https://localhost:0"));
        Refused("CertificateFile", "there is no PEM certificate in this one", ("Url", "https://localhost:0"), ("CertificateFile", text), ("KeyFile", key));
        Refused("CertificateFile", "StreamAgg:Http:KeyFile names a file of its own", ("Url", "https://localhost:0"), ("CertificateFile", certificate));
        Refused("CertificateFile", "is not its key in PEM", ("Url", "https://localhost:0"), ("CertificateFile", certificate), ("KeyFile", foreign));
        Refused("CertificateFile", "is not its key in PEM", ("Url", "https://localhost:0"), ("CertificateFile", certificate), ("KeyFile", text));
        Refused("KeyFile", "can't be opened", ("Url", "https://localhost:0"), ("CertificateFile", certificate), ("KeyFile", "/no/such/file"));
        Refused("Url", "begins with https://", ("CertificateFile", certificate), ("KeyFile", key));
    }

    private static void Refused(string key, string said, params (string Key, string Value)[] settings)
    {
        var fault = Assert.Throws<CommandFaultException>(() => Bind(settings));

        Assert.Equal(ExitCode.Usage, fault.ExitCode);
        string line = Assert.Single(fault.Lines);
        Assert.StartsWith($"StreamAgg:Http:{key}", line, StringComparison.Ordinal);
        Assert.Contains(said, line, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", line, StringComparison.Ordinal);
    }

    private static Settings Bind(params (string Key, string Value)[] settings) => SettingsBinder.Bind(new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"StreamAgg:Http:{setting.Key}", (string?)setting.Value))).Build());
}
