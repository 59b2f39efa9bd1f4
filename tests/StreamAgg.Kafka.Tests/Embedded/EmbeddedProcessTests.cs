using StreamAgg.Testing.Kafka;

namespace StreamAgg.Kafka.Tests.Embedded;

/// <summary>The embedded broker is a process: where its native code aborts, the tests that work with it are told, and no other is hurt.</summary>
public sealed class EmbeddedProcessTests
{
    [Fact]
    public async Task A_broker_that_ends_by_itself_is_told_with_its_last_words_and_takes_nothing_else_along()
    {
        TestKafka kafka = await TestKafka.EmbeddedAsync();
        TestKafka other = await TestKafka.EmbeddedAsync();
        await kafka.CreateTopicAsync("there", 1);
        TestKafka.ThrowIfEnded(kafka.BootstrapServers);

        // The name that is two words is nothing that the process expects: it aborts, as it does where the native code asserts.
        InvalidOperationException ended = await Assert.ThrowsAsync<InvalidOperationException>(() => kafka.CreateTopicAsync("no topic", 1));
        Assert.Contains("ended by itself, with exit code 134: ", ended.Message, StringComparison.Ordinal);
        Assert.Equal(ended.Message, Assert.Throws<InvalidOperationException>(() => TestKafka.ThrowIfEnded(kafka.BootstrapServers)).Message);

        TestKafka.ThrowIfEnded(other.BootstrapServers);
        await other.CreateTopicAsync("there", 1);
    }
}
