using StreamAgg.Gateway.Events;
using StreamAgg.Gateway.Producing;

namespace StreamAgg.Gateway.Tests.Producing;

public sealed class GatewayProducerTests
{
    /// <summary>Options of a producer that carries its own broker.</summary>
    private static GatewayProducerOptions WithOwnBroker() => new() { Linger = TimeSpan.Zero, Client = { ["test.mock.num.brokers"] = "1" } };

    [Fact]
    public async Task Events_are_acknowledged_when_a_flush_completes()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        await using var producer = new GatewayProducer(WithOwnBroker());
        for (int i = 0; i < 500; i++)
        {
            await producer.SendAsync(new UsageEvent { Platform = "openai", DurationMs = i }, cancellation);
            await producer.SendAsync(new ErrorEvent { Platform = "openai", StatusCode = 500 }, cancellation);
        }
        await producer.FlushAsync(cancellation);
        Assert.Equal((1000, 0), (producer.DeliveredCount, producer.FailedCount));
    }

    [Fact]
    public async Task The_clients_own_lines_go_where_the_owner_says()
    {
        var lines = new System.Collections.Concurrent.ConcurrentQueue<string>();
        GatewayProducerOptions options = WithOwnBroker();
        options.Log = lines.Enqueue;
        await using (new GatewayProducer(options)) { }
        Assert.Contains(lines, line => line.Contains("Mock cluster enabled", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Dispose_flushes()
    {
        var producer = new GatewayProducer(WithOwnBroker());
        await producer.SendAsync(new UsageEvent { Platform = "openai" }, TestContext.Current.CancellationToken);
        await producer.DisposeAsync();
        Assert.Equal(1, producer.DeliveredCount);
        await producer.DisposeAsync();
    }

    [Fact]
    public async Task A_full_queue_makes_the_sender_wait()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        GatewayProducerOptions options = WithOwnBroker();
        options.Client["queue.buffering.max.messages"] = "10";
        await using var producer = new GatewayProducer(options);
        for (int i = 0; i < 300; i++)
            await producer.SendAsync(new UsageEvent { Platform = "openai" }, cancellation);
        await producer.FlushAsync(cancellation);
        Assert.Equal(300, producer.DeliveredCount);
    }

    [Fact]
    public async Task Events_that_are_given_up_come_out_of_the_flush()
    {
        // Port 9 (discard) of this machine: nobody listens there.
        var producer = new GatewayProducer(new GatewayProducerOptions
        {
            BootstrapServers = "127.0.0.1:9",
            Linger = TimeSpan.Zero,
            DeliveryTimeout = TimeSpan.FromMilliseconds(300),
        });
        await producer.SendAsync(new UsageEvent { Platform = "openai" }, TestContext.Current.CancellationToken);
        GatewayDeliveryException failure = await Assert.ThrowsAsync<GatewayDeliveryException>(() => producer.FlushAsync(TestContext.Current.CancellationToken));
        Assert.StartsWith("1 events did not reach Kafka at 127.0.0.1:9: ", failure.Message, StringComparison.Ordinal);
        Assert.Equal((0, 1), (producer.DeliveredCount, producer.FailedCount));
        await Assert.ThrowsAsync<GatewayDeliveryException>(async () => await producer.DisposeAsync());
    }

    [Fact]
    public async Task A_record_that_no_broker_would_take_is_refused_at_once()
    {
        await using var producer = new GatewayProducer(WithOwnBroker());
        await Assert.ThrowsAsync<GatewayDeliveryException>(async () =>
            await producer.SendAsync("gateway.usage", key: null, new byte[2_000_000], timestamp: null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_event_without_a_topic_is_refused_and_one_of_both_kinds_goes_to_its_own()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        await using var producer = new GatewayProducer(WithOwnBroker());
        ArgumentException refused = await Assert.ThrowsAsync<ArgumentException>(async () => await producer.SendAsync(new RequestEvent { Platform = "openai" }, cancellation));
        Assert.StartsWith("No topic is named for a RequestEvent: set it in GatewayProducerOptions.", refused.Message, StringComparison.Ordinal);

        GatewayProducerOptions options = WithOwnBroker();
        (options.UsageTopic, options.ErrorTopic, options.RequestTopic) = ("", "", "requests");
        await using var ofRequests = new GatewayProducer(options);
        await ofRequests.SendAsync(new RequestEvent { Platform = "openai", Success = true }, cancellation);
        await ofRequests.FlushAsync(cancellation);
        Assert.Equal(1, ofRequests.DeliveredCount);
        await Assert.ThrowsAsync<ArgumentException>(async () => await ofRequests.SendAsync(new UsageEvent(), cancellation));
    }

    [Theory]
    [InlineData("Linger is '-00:00:01': it must be 0 to 15 minutes.")]
    [InlineData("DeliveryTimeout is '00:00:00': it must be more than Linger, at most 24 days.")]
    [InlineData("MaxQueuedBytes is '1': it must be 1 MiB to 2 GiB.")]
    [InlineData("UsageTopic is '': it must be a topic's name.")]
    public void An_option_out_of_range_is_named(string message)
    {
        var options = new GatewayProducerOptions();
        switch (message[..3])
        {
            case "Lin": options.Linger = TimeSpan.FromSeconds(-1); break;
            case "Del": options.DeliveryTimeout = TimeSpan.Zero; break;
            case "Max": options.MaxQueuedBytes = 1; break;
            default: options.UsageTopic = ""; break;
        }
        Assert.StartsWith(message, Assert.Throws<ArgumentException>(() => new GatewayProducer(options)).Message, StringComparison.Ordinal);
    }
}
