using System.Text;

namespace StreamAgg.Core.Shapes;

/// <summary>One step into a value.</summary>
/// <param name="Name">Of an object's member; null where the step leads into an array.</param>
/// <param name="Key">The member whose value chooses an element of the array; null where each of them is meant.</param>
/// <param name="Value">What that member holds.</param>
public sealed record PathStep(string? Name, string? Key = null, string? Value = null);

/// <summary>Where a value lies, as it is written in settings: <c>payload.after</c>, <c>tags[key=team].value</c>, <c>spans[]</c>.</summary>
public sealed record ShapePath
{
    /// <summary>A well-formed record is nested no deeper.</summary>
    public const int MaxSteps = 64;

    /// <summary>What is allowed, for a person.</summary>
    public const string Allowed = "names with dots between them, as in payload.after (a dot within a name is written \\.), "
        + "and behind a name [key=value] for the element of its array that says so";

    private ShapePath(string text, IReadOnlyList<PathStep> steps) => (Text, Steps) = (text, steps);

    public string Text { get; }

    public IReadOnlyList<PathStep> Steps { get; }

    /// <summary>True where it leads to each element of an array, so that one value may hold several.</summary>
    public bool IsMany => Steps.Any(step => step is { Name: null, Key: null });

    /// <summary>A member of the event itself.</summary>
    public static ShapePath Of(string name) => new(Escape(name), [new PathStep(name)]);

    /// <returns>Null where the text is no path.</returns>
    public static ShapePath? TryParse(string text)
    {
        var steps = new List<PathStep>();
        int at = 0;
        do
        {
            if (Take(text, ref at, ".[") is not { Length: > 0 } name)
                return null;
            steps.Add(new PathStep(name));
            while (at < text.Length && text[at] == '[')
            {
                at++;
                string key = Take(text, ref at, "=]");
                if (at == text.Length || (text[at] == '=' && key.Length == 0) || (text[at] == ']' && key.Length > 0))
                    return null;
                bool isChosen = text[at++] == '=';
                string? value = isChosen ? Take(text, ref at, "]") : null;
                if (isChosen && at++ >= text.Length)
                    return null;
                steps.Add(isChosen ? new PathStep(null, key, value) : new PathStep(null));
            }
        }
        while (at < text.Length && text[at] == '.' && ++at <= text.Length);
        return at == text.Length && steps.Count <= MaxSteps ? new ShapePath(text, steps) : null;
    }

    /// <summary>A name as it is written in a path.</summary>
    public static string Escape(string name) =>
        string.Concat(name.Select(letter => letter is '.' or '[' or '\\' ? $"\\{letter}" : letter.ToString()));

    /// <summary>Up to one of the ends, which is left; behind a backslash anything stands for itself.</summary>
    private static string Take(string text, ref int at, string ends)
    {
        var taken = new StringBuilder();
        for (; at < text.Length && !ends.Contains(text[at], StringComparison.Ordinal); at++)
        {
            if (text[at] == '\\' && at + 1 < text.Length)
                at++;
            taken.Append(text[at]);
        }
        return taken.ToString();
    }
}
