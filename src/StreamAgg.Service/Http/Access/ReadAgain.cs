using System.Security.Cryptography;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Http.Access;

/// <summary>What is made of files that an operator replaces under a running service: read again when somebody asks, at most once a second.</summary>
/// <remarks>
/// Contents are compared, not times: a mounted secret is replaced by moving a link. What can't be read or used, such as a certificate whose
/// key has not come yet, changes nothing: what was taken last stands, so that a mishap opens nothing and closes nothing. Thread-safe.
/// </remarks>
/// <param name="files">The first one is named in the log.</param>
/// <param name="make">Of their contents; throws what <see cref="IsFault"/> knows.</param>
internal sealed class ReadAgain<T>(IReadOnlyList<string> files, Func<IReadOnlyList<string>, T> make, TimeProvider clock, ILogger logger)
    where T : class
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock turn = new();
    private IReadOnlyList<string> contents = [];
    private T? current;
    private long readAt;
    private string? told;

    /// <summary>The newest that could be taken.</summary>
    /// <exception cref="Exception">There was none yet: one that <see cref="IsFault"/> knows.</exception>
    public T Current
    {
        get
        {
            lock (turn)
            {
                if (current is null)
                    Take();
                else if (clock.GetElapsedTime(readAt) >= Pause)
                    TakeIfFit();
                return current!;
            }
        }
    }

    public static bool IsFault(Exception fault) =>
        fault is IOException or InvalidDataException or UnauthorizedAccessException or CryptographicException
            or ArgumentException or NotSupportedException;

    private void TakeIfFit()
    {
        try
        {
            if (Take())
                logger.FileTaken(files[0]);
            told = null;
        }
        catch (Exception fault) when (IsFault(fault))
        {
            // Once, and not for everybody who asks while it lasts.
            if (told != fault.Message)
                logger.FileNotTaken(files[0], fault.Message);
            told = fault.Message;
        }
    }

    private bool Take()
    {
        readAt = clock.GetTimestamp();
        string[] read = [.. files.Select(File.ReadAllText)];
        if (read.SequenceEqual(contents))
            return false;
        current = make(read);
        contents = read;
        return true;
    }
}
