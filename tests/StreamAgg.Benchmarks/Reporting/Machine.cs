using System.Runtime.InteropServices;
using Confluent.Kafka;
using Npgsql;
using StreamAgg.Core.Events;

namespace StreamAgg.Benchmarks.Reporting;

/// <summary>What the figures are of.</summary>
internal sealed record Machine(
    string Processor, int Processors, string System, string Runtime, string StreamAgg, string Librdkafka, string Npgsql, string Allocator)
{
    public static Machine Here() => new(
        ProcessorName(),
        Environment.ProcessorCount,
        $"{RuntimeInformation.OSDescription} ({RuntimeInformation.OSArchitecture})",
        RuntimeInformation.FrameworkDescription,
        Version(typeof(EventDecoder)),
        Library.VersionString,
        Version(typeof(NpgsqlConnection)),
        Environment.GetEnvironmentVariable("LD_PRELOAD") is { Length: > 0 } preloaded ? preloaded : "the system's");

    public override string ToString() =>
        $"{Processors} x {Processor}; {System}; {Runtime}; StreamAgg {StreamAgg}, librdkafka {Librdkafka}, Npgsql {Npgsql}; memory is allocated by {Allocator}";

    private static string Version(Type type) => type.Assembly.GetName().Version!.ToString(3);

    private static string ProcessorName()
    {
        const string file = "/proc/cpuinfo";
        string? line = File.Exists(file)
            ? File.ReadLines(file).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
