using StreamAgg.Core.Events;

namespace StreamAgg.Postgres.Raw;

/// <summary>Conditions in SQL that a raw row must meet to be counted, of either table; null: all do.</summary>
public sealed record RawFilter(string? Usage, string? Error)
{
    private const string UsagePrefix = "usage:", ErrorPrefix = "errors:";

    public static readonly RawFilter None = new(null, null);

    /// <param name="conditions">Each of both tables, or behind <c>usage:</c> or <c>errors:</c> of one.</param>
    public static RawFilter Of(IEnumerable<string> conditions)
    {
        string[] all = [.. conditions];
        return new RawFilter(For(UsagePrefix, ErrorPrefix), For(ErrorPrefix, UsagePrefix));

        string? For(string own, string other)
        {
            string[] mine =
            [
                .. all.Where(condition => !condition.StartsWith(other, StringComparison.OrdinalIgnoreCase))
                    .Select(condition => condition.StartsWith(own, StringComparison.OrdinalIgnoreCase) ? condition[own.Length..] : condition),
            ];
            // Each on lines of its own: a comment at its end must not take the bracket with it.
            return mine.Length == 0 ? null : string.Join(" AND ", mine.Select(condition => $"({condition}\n)"));
        }
    }

    internal string? Of(EventKind kind) => kind == EventKind.Usage ? Usage : Error;
}
