using StreamAgg.Kafka.Log;

namespace StreamAgg.Kafka.Tests;

public sealed class TruncationTextTests
{
    [Theory]
    [InlineData("Partition log truncation detected at offset 50 (leader epoch 3): broker end offset is 40 (offset leader epoch 2). Reset to INVALID.: "
        + "Local: Partition log truncation detected (broker 1)", 40L)]
    [InlineData("No epoch found less or equal to offset 50 (leader epoch 3): broker end offset is -1 (offset leader epoch -1). "
        + "Reset using configured policy.: Local: Partition log truncation detected (broker 1)", null)]
    [InlineData("fetch failed due to requested offset not available on the broker: Broker: Offset out of range (broker 1)", null)]
    public void The_clients_words_say_up_to_where_a_truncated_log_is_the_one_that_was_read(string reason, long? sharedEnd) =>
        Assert.Equal(sharedEnd, TruncationText.SharedEnd(reason));
}
