using System.Text;
using StreamAgg.Core.Events;

namespace StreamAgg.Core.Tests.Events;

public sealed class MemberLayoutTests
{
    private static readonly string Many = string.Join(',', Enumerable.Range(0, 30).Select(i => $"\"field_{i}\":{i}"));

    private static readonly string[] Records =
    [
        """{"platform":"a","duration_ms":1}""",
        """{"platform":"b","duration_ms":2}""",
        """{"duration_ms":3,"platform":"c"}""",
        """{ "duration_ms" : 4 , "platform" : "d" }""",
        """{"duration_ms":5, "platform":"e"}""",
        """{"platform":"f","platform":"g","duration_ms":6}""",
        """{"platform":"h","platform_":"i","duration_ms":7}""",
        """{"\u0070latform":"j","duration_ms":8}""",
        """{"platform":"k" "duration_ms":9}""",
        """{"platform""l"}""",
        """{"platform":}""",
        """{"a_name_that_is_longer_than_any_that_is_kept":1,"platform":"m"}""",
        $$"""{{{Many}},"platform":"n"}""",
        $$"""{{{Many}},"platform":"o","duration_ms":10}""",
        """[{"platform":"p"},{"platform":"q","duration_ms":11},{}]""",
        """{"platform":""",
        """{"platform":"r"}""",
    ];

    [Fact]
    public void A_decoder_reads_as_one_that_has_read_nothing_before_whatever_followed_what()
    {
        var decoder = new EventDecoder(Decoding.MaxFuture);
        foreach (string first in Records)
        {
            foreach (string json in Records)
            {
                Decode(decoder, first);
                Decoding alone = Decode(new EventDecoder(Decoding.MaxFuture), json), after = Decode(decoder, json);
                Assert.True(alone.Accepted.SequenceEqual(after.Accepted), $"{json} after {first}");
                Assert.True(alone.Refused.SequenceEqual(after.Refused), $"{json} after {first}");
            }
        }
    }

    private static Decoding Decode(EventDecoder decoder, string json) =>
        Decoding.Of(decoder, EventKind.Usage, Encoding.UTF8.GetBytes(json), Decoding.RecordTimestamp);
}
