using System.Text;
using StreamAgg.Core.Time;
using StreamAgg.Service.Output;
using Xunit;

namespace StreamAgg.Service.Tests.Output;

public sealed class JsonTextTests
{
    [Fact]
    public void A_value_is_a_number_a_time_or_null_and_nothing_else()
    {
        Assert.Equal("[7,1.5,null,null]", Of(7L, 1.5, double.NaN, null));
        Assert.Equal("[\"1970-01-01T00:00:00Z\"]", Of(Instant.FromUnixMilliseconds(0)));
        Assert.Throws<ArgumentException>(() => Of(7));
    }

    private static string Of(params object?[] values) => "[" + string.Join(',', values.Select(value =>
    {
        string member = Encoding.UTF8.GetString(JsonText.Encode(json =>
        {
            json.WriteStartObject();
            json.WriteOrNull("a", value);
            json.WriteEndObject();
        }).Span);
        return member["{\"a\":".Length..^1];
    })) + "]";
}
