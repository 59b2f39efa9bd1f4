using System.Globalization;

namespace StreamAgg.Benchmarks.Digests;

/// <summary>Lines of a figure, what it must be at most, and what it would best be.</summary>
internal sealed class Report
{
    public bool AllMet { get; private set; } = true;

    public static void Section(string title) => Console.WriteLine($"\n{title}");

    public static void Plain(string name, double value, string unit) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name,-58}{Number(value),10} {unit}"));

    public void Judged(string name, double value, string unit, double must, double stretch)
    {
        string verdict = value <= stretch ? "stretch met" : value <= must ? "met" : "NOT MET";
        AllMet &= value <= must;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {name,-58}{Number(value),10} {unit,-8} must {Number(must),7}  stretch {Number(stretch),7}  {verdict}"));
    }

    private static string Number(double value) =>
        value.ToString(Math.Abs(value) >= 100 ? "0" : Math.Abs(value) >= 10 ? "0.0" : Math.Abs(value) >= 0.1 ? "0.00" : "0.0000", CultureInfo.InvariantCulture);
}
