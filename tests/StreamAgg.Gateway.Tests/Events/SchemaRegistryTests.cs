using System.Reflection;
using System.Text;
using Confluent.Kafka;
using Confluent.SchemaRegistry;
using Confluent.SchemaRegistry.Serdes;
using Newtonsoft.Json;
using StreamAgg.Core.Events;

namespace StreamAgg.Gateway.Tests.Events;

/// <summary>A gateway that serializes by a schema registry: what Confluent's own serializer writes is counted.</summary>
public sealed class SchemaRegistryTests
{
    private const int SchemaId = 0xC328;

    [Fact]
    public async Task What_the_registrys_JSON_serializer_writes_is_read()
    {
        ISchemaRegistryClient registry = DispatchProxy.Create<ISchemaRegistryClient, Registry>();
        var serializer = new JsonSerializer<SentEvent>(registry, new JsonSerializerConfig { SubjectNameStrategy = SubjectNameStrategy.Topic });
        byte[] record = await serializer.SerializeAsync(
            new SentEvent { Platform = "openai", DurationMs = 12.5 }, new SerializationContext(MessageComponentType.Value, "gateway.usage"));
        Assert.Equal([0, 0, 0, 0xC3, 0x28, (byte)'{'], record[..6]);

        var decoder = new EventDecoder(TimeSpan.FromMinutes(5));
        decoder.Decode(EventKind.Usage, record, recordTimestampMilliseconds: 1_767_608_430_000);
        Assert.Empty(decoder.Refused.ToArray());
        Assert.Equal(("openai", 12_500), (Encoding.UTF8.GetString(decoder.Label(decoder.Accepted[0])), decoder.Accepted[0].DurationMicros));
    }

    private sealed class SentEvent
    {
        [JsonProperty("platform")]
        public string? Platform { get; init; }

        [JsonProperty("duration_ms")]
        public double DurationMs { get; init; }
    }

    /// <summary>A registry that knows every schema, as one number.</summary>
    public class Registry : DispatchProxy
    {
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
        {
            "get_Config" => Array.Empty<KeyValuePair<string, string>>(),
            "get_MaxCachedSchemas" => 10,
            nameof(ISchemaRegistryClient.RegisterSchemaAsync) or nameof(ISchemaRegistryClient.GetSchemaIdAsync) => Task.FromResult(SchemaId),
            nameof(ISchemaRegistryClient.RegisterSchemaWithResponseAsync) => Task.FromResult(
                new RegisteredSchema((string)args![0]!, 1, SchemaId, ((Schema)args[1]!).SchemaString, SchemaType.Json, [])),
            var other => throw new NotSupportedException($"the serializer asks for {other}"),
        };
    }
}
