using Microsoft.Extensions.Configuration;
using StreamAgg.Service.Check;
using StreamAgg.Service.Configuration;
using StreamAgg.Service.Http;
using StreamAgg.Service.Tests.Http;
using Xunit;

namespace StreamAgg.Service.Tests.Check;

public sealed class HttpCheckTests : IDisposable
{
    private readonly PemFiles files = new();

    public void Dispose() => files.Dispose();

    [Theory]
    [InlineData("http://127.0.0.1:0", "", "whoever is on this machine")]
    [InlineData("http://0.0.0.0:0", "", "whoever can connect: no token is asked for (StreamAgg:Http:TokenFile)")]
    [InlineData("http://0.0.0.0:0", "token", "whoever shows the token in {0}, which travels without TLS here")]
    [InlineData("http://127.0.0.1:0", "token", "whoever shows the token in {0}")]
    public async Task Who_can_read_is_told(string url, string token, string readers)
    {
        string file = token.Length > 0 ? files.Write(token, "secret-word") : "";
        var lines = await AskAsync(("Url", url), ("TokenFile", file));

        Assert.Equal(["HTTP address " + url, "HTTP readers"], lines.Select(line => line.Name));
        Assert.All(lines, line => Assert.True(line.Finding.IsOk));
        Assert.Equal(readers.Replace("{0}", file, StringComparison.Ordinal), lines[1].Finding.Detail);
    }

    [Theory]
    [InlineData(1, true, "valid until ")]
    [InlineData(-1, false, "was valid until ")]
    public async Task A_certificate_is_judged_by_its_time(int days, bool isOk, string said)
    {
        files.Renew(TimeSpan.FromDays(days)).Dispose();
        var line = (await AskAsync(("Url", "https://127.0.0.1:0"), ("CertificateFile", files.Certificate), ("KeyFile", files.Key))).Single(line => line.Name == "HTTP certificate");

        Assert.Equal(isOk, line.Finding.IsOk);
        Assert.Contains(said, line.Finding.Detail, StringComparison.Ordinal);
        Assert.Equal(isOk, line.Finding.Remedy.Length == 0);
    }

    [Fact]
    public async Task A_StreamAgg_that_serves_there_over_TLS_is_known_as_one()
    {
        files.Renew().Dispose();
        var access = SettingsOf(("Url", "https://127.0.0.1:0"), ("CertificateFile", files.Certificate), ("KeyFile", files.Key)).HttpAccess;
        await using var server = await HttpServer.StartAsync(
            new Uri("https://127.0.0.1:0"), new Stage(), Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance, TestContext.Current.CancellationToken, access: access);
        var lines = await AskAsync(("Url", server.Url), ("CertificateFile", files.Certificate), ("KeyFile", files.Key));

        Assert.Contains("a StreamAgg serves there already", lines[0].Finding.Detail, StringComparison.Ordinal);
    }

    private static Task<IReadOnlyList<CheckLine>> AskAsync(params (string Key, string Value)[] settings) =>
        CheckRun.AskAsync(new HttpChecks(SettingsOf(settings), TimeProvider.System).All, TimeProvider.System, TestContext.Current.CancellationToken);

    private static Settings SettingsOf(params (string Key, string Value)[] settings) => SettingsBinder.Bind(new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"StreamAgg:Http:{setting.Key}", (string?)setting.Value))).Build());
}
