using System.Diagnostics.Metrics;
using OpenTelemetry.Metrics;

namespace StreamAgg.Service.Telemetry;

/// <summary>How many series an instrument may have. The library's own limit is 2,000; what is past it falls into one series, in silence.</summary>
internal static class MetricLimits
{
    /// <summary>success, 4xx, 5xx and other.</summary>
    private const int Outcomes = 4;

    /// <summary>The label for all others, and a few that threads at the bound may add.</summary>
    private const int SpareLabels = 66;

    /// <summary>More partitions than a consumer group can sensibly have; a series takes about 100 bytes, reserved from the start.</summary>
    private const int Partitions = 10_000;

    public static Func<Instrument, MetricStreamConfiguration?> Of(int maxPlatforms) => instrument => instrument.Name switch
    {
        "streamagg.requests" => new MetricStreamConfiguration { CardinalityLimit = Outcomes * (maxPlatforms + SpareLabels) },
        "streamagg.consumer.lag" => new MetricStreamConfiguration { CardinalityLimit = Partitions },
        _ => null,
    };
}
