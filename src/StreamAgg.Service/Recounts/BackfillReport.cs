using System.Globalization;
using System.Text.Json;
using StreamAgg.Postgres.Raw;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Recounts;

/// <summary>What was filled, for a person or a program.</summary>
internal sealed record BackfillReport(BackfillPlan Plan, RawTally Tally)
{
    public void Write(TextWriter output)
    {
        string range = Plan.Hours + Plan.PassedOver.Count > 0 ? $"{Plan.From} to {Plan.To}"
            : "the raw tables hold no hour before what is counted here";
        string before = Plan.PassedOver.Count > 0 ? Text($", {Plan.PassedOver.Count:#,0} were filled before") : "";
        if (Plan.Hours == 0)
        {
            output.WriteLine($"nothing to do: {range}{before}");
            return;
        }
        output.WriteLine(Text($"filled {range}: {Plan.Hours:#,0} hours{before}; {Tally.Accepted:#,0} of {Tally.Rows:#,0} raw rows are counted"));
        if (Tally.LeftOut.Total > 0)
            output.WriteLine(Text($"counted without their duration: {Tally.LeftOut.Negative:#,0} negative, {Tally.LeftOut.TooLong:#,0} too long"));
        foreach (var (reason, (count, example)) in Tally.Reasons)
            output.WriteLine(Visible.Of(Text($"refused {count:#,0}: {reason}, such as: {example}")));
    }

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("from", Plan.From.ToString());
        json.WriteString("to", Plan.To.ToString());
        json.WriteNumber("hours", Plan.Hours);
        json.WriteNumber("filled_before", Plan.PassedOver.Count);
        json.WriteNumber("rows", Tally.Rows);
        json.WriteNumber("accepted", Tally.Accepted);
        json.WriteNumber("durations_left_out", Tally.LeftOut.Total);
        json.WriteStartObject("refused");
        json.WriteNumber("total", Tally.Refused);
        json.WriteStartObject("reasons");
        foreach (var (reason, (count, _)) in Tally.Reasons)
            json.WriteNumber(reason, count);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
