using StreamAgg.EndToEnd.Tests.Harness;

namespace StreamAgg.EndToEnd.Tests;

/// <summary>2,845 real calls to AI providers: both tables against PostgreSQL's own answer over the raw events.</summary>
public sealed class RealTrafficTests
{
    [Fact]
    public async Task Every_row_of_real_traffic_equals_PostgreSQLs_own_answer()
    {
        // With room for every duration the digest has to be exact; what it does with less room is the digest's own tests' matter.
        await using var deployment = await Deployment.CreateAsync(partitions: 3, settings: ("Digest:Compression", "1000"));
        deployment.Run();
        await SqlAnswer.CreateAsync(deployment);
        await ProduceAsync(deployment, "usage.ndjson", deployment.UsageTopic, isError: false);
        await ProduceAsync(deployment, "errors.ndjson", deployment.ErrorTopic, isError: true);
        await deployment.WaitAsync(async () => await deployment.State.WhatIsUnsettledAsync() is "", () => "everything to be published");

        Assert.Equal((8, 0), await SqlAnswer.CompareHoursAsync(deployment));
        Assert.Equal((8, 0), await SqlAnswer.CompareDaysAsync(deployment));
    }

    private static async Task ProduceAsync(Deployment deployment, string file, string topic, bool isError)
    {
        string[] lines = await File.ReadAllLinesAsync(Path.Combine(AppContext.BaseDirectory, "llmperf", file));
        for (int i = 0; i < lines.Length; i += 10)
            deployment.Events.SendRaw(topic, string.Join('\n', lines.Skip(i).Take(10)), partition: i / 10 % 3);
        await SqlAnswer.AddAsync(deployment, isError, lines);
    }
}
