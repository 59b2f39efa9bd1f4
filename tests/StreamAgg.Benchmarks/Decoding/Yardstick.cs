using System.Text;
using System.Text.Json;

namespace StreamAgg.Benchmarks.Decoding;

/// <summary>What times are divided by where there is nothing else to compare with: the platform's own reader walks over a record of 200 bytes.</summary>
internal static class Yardstick
{
    public const string Name = "a walk of the platform's JSON reader";

    public const int Records = 10_000;

    private static readonly byte[] Record = Encoding.UTF8.GetBytes(DecodeBenchmark.Usage);

    public static void Walk()
    {
        for (int i = 0; i < Records; i++)
        {
            var reader = new Utf8JsonReader(Record);
            while (reader.Read())
            {
                // Values are not looked at.
            }
        }
    }
}
