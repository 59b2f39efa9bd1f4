using System.Text;
using StreamAgg.Core.Events;
using StreamAgg.Service.Generate;
using Xunit;

namespace StreamAgg.Service.Tests.Generate;

public sealed class EventFileTests : IDisposable
{
    private readonly string path = Path.GetTempFileName();

    public void Dispose() => File.Delete(path);

    [Theory]
    [InlineData("")]
    [InlineData("{}", "{}")]
    [InlineData("{}\n", "{}")]
    [InlineData("{}\r\n{}\n\n \n", "{}", "{}", "", " ")]
    [InlineData("\uFEFF{}\n\uFEFF{}", "{}", "\uFEFF{}")]
    [InlineData("\uFEFF", "")]
    [InlineData("\r\n", "")]
    public async Task Lines_are_read_without_their_ends(string text, params string[] lines) =>
        Assert.Equal(lines, (await ReadAsync(Encoding.UTF8.GetBytes(text))).Select(Encoding.UTF8.GetString));

    [Fact]
    public async Task Bytes_that_are_no_text_stay_what_they_are()
    {
        byte[] line = [(byte)'{', 0xFF, 0xFE, 0, 0xED, 0xA0, 0x80, (byte)'}'];

        Assert.Equal(line, Assert.Single(await ReadAsync([.. line, (byte)'\n'])));
    }

    [Fact]
    public async Task A_line_may_be_longer_than_any_buffer()
    {
        byte[] line = new byte[3_000_000];
        line.AsSpan().Fill((byte)'x');

        Assert.Equal([line, line], await ReadAsync([.. line, (byte)'\n', .. line]));
    }

    [Theory]
    [InlineData("""{"platform":"a"}""", EventKind.Usage)]
    [InlineData("""{"platform":"a","status_code":500}""", EventKind.Error)]
    [InlineData("""{"is_\u0074imeout":true}""", EventKind.Error)]
    [InlineData("""{"\ud800":1,"error_type":"timeout"}""", EventKind.Error)]
    [InlineData("""{"\ud800":1}""", EventKind.Usage)]
    [InlineData("""[{"status_code":500}]""", EventKind.Usage)]
    [InlineData("not json", EventKind.Usage)]
    [InlineData("\"\xFF\"", EventKind.Usage)]
    public void The_fields_tell_where_a_line_goes(string line, EventKind kind) =>
        Assert.Equal(kind, EventFile.KindOf(Encoding.Latin1.GetBytes(line)));

    private async Task<List<byte[]>> ReadAsync(byte[] content)
    {
        await File.WriteAllBytesAsync(path, content, TestContext.Current.CancellationToken);
        var lines = new List<byte[]>();
        long done = 0;
        await foreach (var (line, bytesDone) in EventFile.LinesAsync(path, TestContext.Current.CancellationToken))
        {
            lines.Add(line);
            done = bytesDone;
        }

        Assert.Equal(content.Length, done);
        return lines;
    }
}
