using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StreamAgg.Service.Output;
using Xunit;

namespace StreamAgg.Service.Tests.Output;

public class JsonLogFormatterTests
{
    [Fact]
    public void An_event_is_one_line_of_JSON_whatever_its_text_and_shows_no_secret()
    {
        using var written = new StringWriter();
        var fault = new InvalidOperationException("refused:\npassword='s+3\"cret'");
        var entry = new LogEntry<string>(LogLevel.Critical, "StreamAgg.Run", new EventId(7), "it \"ends\"\nhere", fault, (state, _) => state);
        new JsonLogFormatter(TimeProvider.System).Write(entry, null, written);

        string line = Assert.Single(written.ToString().TrimEnd().Split('\n'));
        JsonElement json = JsonElement.Parse(line);
        Assert.Equal("Critical", json.GetProperty("LogLevel").GetString());
        Assert.Equal("StreamAgg.Run", json.GetProperty("Category").GetString());
        Assert.Equal(7, json.GetProperty("EventId").GetInt32());
        Assert.StartsWith("it \"ends\" here (InvalidOperationException: refused:", json.GetProperty("Message").GetString(), StringComparison.Ordinal);
        Assert.Contains("password=***", json.GetProperty("Exception").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("cret", line, StringComparison.Ordinal);
        Assert.True(json.GetProperty("Timestamp").TryGetDateTime(out _));
    }
}
