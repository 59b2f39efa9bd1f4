namespace StreamAgg.Postgres.Raw;

/// <summary>The raw tables can't be read as they are. The message says what to do.</summary>
/// <param name="message">One line.</param>
/// <param name="isUsage">True where the person's own condition is at fault.</param>
/// <param name="inner">What the server said.</param>
public sealed class RawSourceException(string message, bool isUsage = false, Exception? inner = null) : Exception(message, inner)
{
    public bool IsUsage => isUsage;
}
