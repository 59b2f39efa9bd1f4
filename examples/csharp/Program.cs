using StreamAgg.Gateway.Events;
using StreamAgg.Gateway.Producing;

// One for the whole process: idempotent, acks=all, lz4. Disposing of it flushes.
await using var producer = new GatewayProducer(new GatewayProducerOptions { BootstrapServers = args.Length > 0 ? args[0] : "localhost:9092" });
var madeAt = DateTimeOffset.UtcNow;
await producer.SendAsync(new UsageEvent { CreatedAt = madeAt, Platform = "anthropic", DurationMs = 912.4m });
await producer.SendAsync(new ErrorEvent { CreatedAt = madeAt, Platform = "openai", StatusCode = 504, ErrorType = "timeout" });
// Throws where an event did not reach the log.
await producer.FlushAsync();
Console.WriteLine($"{producer.DeliveredCount} events delivered");
