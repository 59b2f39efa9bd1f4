using Npgsql;
using StreamAgg.Postgres.Connections;

namespace StreamAgg.Service.Output;

/// <summary>Text as one line that a terminal only shows: an error of ours is never more, whatever the message it quotes.</summary>
internal static class OneLine
{
    public static string Of(string text) =>
        Visible.Of(string.Join(' ', text.Split(['\r', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));

    /// <summary>The message with the causes that say something new.</summary>
    public static string Of(Exception exception)
    {
        string line = Of(exception.Message);
        for (var inner = exception.InnerException; inner is not null; inner = inner.InnerException)
        {
            // The cause is no more than a callback's name.
            if (DatabaseFaults.IsRefusedCertificate(inner))
                break;
            // The server's own words: the message puts their code in front, and would say them twice.
            string cause = Of(inner is PostgresException refused ? refused.MessageText : inner.Message);
            if (!line.Contains(cause, StringComparison.Ordinal))
                line = $"{line.TrimEnd('.')}: {cause}";
        }

        return Sentence(line);
    }

    public static string Sentence(string text) => Of(text) is var line && line.Length > 0 && line[^1] is '.' or '!' or '?' ? line : line + ".";
}
