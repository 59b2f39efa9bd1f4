using System.Globalization;
using StreamAgg.Core.Time;

namespace StreamAgg.Service.Http.Page;

/// <summary>Numbers and times as a person reads them: as many digits as say something.</summary>
internal static class Readable
{
    public const string Nothing = "–";

    public static string Count(long? count) => count?.ToString("N0", CultureInfo.InvariantCulture) ?? Nothing;

    /// <summary>Of a rate in percent; what is not nothing is never shown as nothing.</summary>
    public static string Percent(double percent) => percent switch
    {
        0 => "0 %",
        < 0.01 => "< 0.01 %",
        < 10 => Invariant($"{percent:0.##} %"),
        _ => Invariant($"{percent:0.#} %"),
    };

    public static string Milliseconds(double? ms) => ms switch
    {
        null => Nothing,
        < 10 => Invariant($"{ms:0.##} ms"),
        < 100 => Invariant($"{ms:0.#} ms"),
        < 1000 => Invariant($"{ms:0} ms"),
        < 10_000 => Invariant($"{ms / 1000:0.00} s"),
        < 100_000 => Invariant($"{ms / 1000:0.0} s"),
        _ => Invariant($"{ms / 1000:N0} s"),
    };

    /// <summary>How far now is from before, as a change in percent; null where there was nothing.</summary>
    public static string? Change(double? now, double? before) => (now, before) switch
    {
        ({ } after, > 0 and { } was) when Math.Abs(after - was) < 0.005 * was => "± 0 %",
        ({ } after, > 0 and { } was) when after / was >= 10 => Invariant($"{after / was:N0} ×"),
        ({ } after, > 0 and { } was) => Invariant($"{(after > was ? "+" : "−")}{Math.Abs(100 * ((after / was) - 1)):0} %"),
        _ => null,
    };

    /// <summary>Seconds while there are few, then minutes, hours, days.</summary>
    public static string Age(TimeSpan? age) => age switch
    {
        null => Nothing,
        { TotalSeconds: < 1 } => "0 s",
        { TotalMinutes: < 2 } some => Invariant($"{Math.Floor(some.TotalSeconds)} s"),
        { TotalHours: < 2 } some => Invariant($"{(int)some.TotalMinutes} min"),
        { TotalDays: < 2 } some => Invariant($"{(int)some.TotalHours} h {some.Minutes:00} min"),
        { } some => Invariant($"{(int)some.TotalDays} days {some.Hours} h"),
    };

    public static string Bytes(long bytes) => bytes < 1_000_000 ? Invariant($"{bytes / 1e3:0.#} kB") : Invariant($"{bytes / 1e6:#,0.#} MB");

    /// <summary>A time that the script writes in the reader's zone; without it, in UTC.</summary>
    /// <param name="form">day, hour, minute or second: how much of it is shown.</param>
    public static Html Time(Instant? time, string form) => time is not { } known
        ? Html.Of($"{Nothing}")
        : Html.Of($"<time datetime=\"{Utc(known, "instant")}\" data-form=\"{form}\">{Utc(known, form)}</time>");

    public static string Utc(Instant time, string form) => time.ToUtcDateTime().ToString(form switch
    {
        "day" => "yyyy-MM-dd",
        "hour" => "yyyy-MM-dd HH:mm",
        "minute" => "HH:mm",
        "second" => "yyyy-MM-dd HH:mm:ss",
        _ => "yyyy-MM-dd'T'HH:mm:ss'Z'",
    }, CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
