namespace StreamAgg.Service.Configuration;

/// <summary>A file that a setting names, read as the settings are judged: a wrong one ends the verb before anything is connected.</summary>
internal static class SettingFile
{
    /// <param name="path">The setting's value.</param>
    /// <param name="what">That the file holds, as a noun.</param>
    /// <param name="faultOf">Of its text; null where nothing is wrong, else a clause that does not repeat it.</param>
    public static string? FaultOf(string path, string what, Func<string, string?> faultOf)
    {
        string allowed = $"allowed is a readable file that holds {what}: ";
        try
        {
            return faultOf(File.ReadAllText(path)) is { } fault ? allowed + fault : null;
        }
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            // In words of our own: the exception's repeat the value, and it may be the secret itself.
            return allowed + (unread is UnauthorizedAccessException ? "this one may not be read" : "this one can't be opened");
        }
    }
}
