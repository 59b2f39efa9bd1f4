using System.Globalization;

namespace StreamAgg.Benchmarks.Pipeline;

/// <summary>What a backlog is made of.</summary>
/// <param name="Partitions">Of each topic.</param>
/// <param name="Events">In all.</param>
/// <param name="Platforms">As many of each in every partition.</param>
/// <param name="OpenHours">1: events come in the order of their time, over two hours. More: of all of these hours at once.</param>
/// <param name="HasErrors">Whether half of the events are of a topic of errors.</param>
internal sealed record BacklogShape(int Partitions, long Events, int Platforms = 5, int OpenHours = 1, bool HasErrors = false)
{
    private const char Separator = ',';

    /// <summary>In the command line of the process that holds it.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Partitions}{Separator}{Events}{Separator}{Platforms}{Separator}{OpenHours}{Separator}{HasErrors}");

    public static BacklogShape Parse(string text)
    {
        string[] words = text.Split(Separator);
        return new BacklogShape(Number(words[0]), Number(words[1]), Number(words[2]), Number(words[3]), bool.Parse(words[4]));
    }

    private static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);
}
