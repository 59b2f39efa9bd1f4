using System.Text.Json;
using Spectre.Console;

namespace StreamAgg.Service.Output;

/// <summary>Where a verb writes. A person may be watching, or a program may be reading.</summary>
internal sealed record Terminal(TextWriter Output, TextWriter Error, bool IsWatched)
{
    public static Terminal OfProcess() => new(
        Console.Out, Console.Error,
        !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb"));

    /// <summary>True where a person sees what is written to <see cref="Error"/>.</summary>
    public bool IsErrorWatched { get; init; } = !Console.IsErrorRedirected
        && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    /// <summary>Shows one answer to a program or to a person.</summary>
    public void Show(bool isJson, Action<Utf8JsonWriter> json, Action<TextWriter> text)
    {
        if (isJson)
            JsonText.Print(Output, json);
        else
            text(Output);
    }

    /// <summary>Colours, tables and progress on standard output, for the watched terminal only.</summary>
    public IAnsiConsole Canvas => AnsiConsole.Console;
}
