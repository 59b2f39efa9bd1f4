using System.Text;
using Confluent.Kafka;
using StreamAgg.Kafka.DeadLetters;

namespace StreamAgg.Kafka.Tests.DeadLetters;

/// <summary>Whoever may write to the topic can write anything: a place that can't be is not turned into another one that can.</summary>
public sealed class LetterReadingTests
{
    [Fact]
    public void A_letter_says_its_place()
    {
        DeadLetter letter = LetterReading.LetterOf(Message(("partition", "2147483647"), ("offset", "9223372036854775807"), ("event_index", "3")))!;

        Assert.Equal((int.MaxValue, long.MaxValue, 3, 1), (letter.Partition, letter.Offset, letter.EventIndex, letter.Events));
    }

    [Theory]
    [InlineData("partition", "4294967296")] // 0, of which the upper half is cut
    [InlineData("partition", "-1")]
    [InlineData("partition", "x")]
    [InlineData("offset", "-1")]
    [InlineData("offset", "9223372036854775808")]
    [InlineData("offset", "")]
    [InlineData("event_index", "4294967297")]
    [InlineData("event_index", "-1")]
    [InlineData("event_index", "x")]
    [InlineData("events", "0")]
    [InlineData("events", "2147483648")]
    public void What_names_a_place_that_cannot_be_is_no_letter(string header, string text) =>
        Assert.Null(LetterReading.LetterOf(Message(("partition", "0"), ("offset", "0"), (header, text))));

    private static Message<byte[]?, byte[]?> Message(params (string Name, string Text)[] headers)
    {
        var message = new Message<byte[]?, byte[]?> { Headers = new Headers(), Value = "{}"u8.ToArray() };
        foreach ((string name, string text) in headers.Prepend(("topic", "t")))
            message.Headers.Add("streamagg." + name, Encoding.UTF8.GetBytes(text));

        return message;
    }
}
