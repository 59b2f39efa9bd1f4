using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http.Timeouts;

namespace StreamAgg.Service.Http;

/// <summary>What keeps reading from starving writing: how many are answered at once, how many wait, and how long any of it may take.</summary>
/// <remarks>
/// Merging digests takes a processor whole, and there is one thread for it. Rows cost little but memory, a page for each who takes them; the
/// connections that both need are fewer, and waited for in their pool.
/// </remarks>
internal static class Limits
{
    public const string Rows = "rows";
    public const string Quantiles = "quantiles";
    public const string Page = "page";

    /// <summary>For a turn and the first byte: less than most clients wait (30 s), and far more than an honest question takes.</summary>
    public static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    /// <summary>For all rows of an answer: whoever takes them more slowly has to ask for fewer.</summary>
    public static readonly TimeSpan RowsTimeout = TimeSpan.FromSeconds(60);

    private const int RowsAtOnce = 16;
    private const int QuantilesAtOnce = 1;

    /// <summary>A dashboard's panels, all at once; who is past them is told to come again.</summary>
    private const int Waiting = 32;

    private const string InTime = "in time";
    private const string RetryAfterSeconds = "5";

    public static void Add(IServiceCollection services, TimeSpan timeout)
    {
        services.AddRateLimiter(limiter =>
        {
            limiter.AddPolicy(Rows, _ => Partition(Rows, RowsAtOnce));
            limiter.AddPolicy(Quantiles, _ => Partition(Quantiles, QuantilesAtOnce));
            // The ranges that are offered are asked for once in a moment; of any other each is a merge of its own.
            limiter.AddPolicy(Page, context => context.Request.Query.ContainsKey("from")
                ? Partition(Quantiles, QuantilesAtOnce)
                : RateLimitPartition.GetNoLimiter(Page));
            limiter.OnRejected = (rejected, _) => new ValueTask(AnswerAsync(
                rejected.HttpContext, "Too many requests at once",
                $"{Waiting} questions of this kind wait already: ask again later, or less at a time."));
        });
        services.AddRequestTimeouts(timeouts => timeouts.AddPolicy(InTime, new RequestTimeoutPolicy
        {
            Timeout = timeout,
            TimeoutStatusCode = StatusCodes.Status503ServiceUnavailable,
            WriteTimeoutResponse = context =>
            {
                // Still the question's, whose time is over; the answer has its own.
                context.RequestAborted = CancellationToken.None;
                return AnswerAsync(context, "No answer in time", NoAnswer(timeout));
            },
        }));
    }

    public static void Limit(this IEndpointConventionBuilder endpoint, string limit) =>
        endpoint.RequireRateLimiting(limit).WithRequestTimeout(InTime);

    public static void Use(IApplicationBuilder app)
    {
        app.UseRequestTimeouts();
        app.Use(async (context, next) =>
        {
            await next(context);
            // The limiter returns without a word where the time is over before it is anybody's turn.
            if (!context.Response.HasStarted)
                context.RequestAborted.ThrowIfCancellationRequested();
        });
        app.UseRateLimiter();
    }

    public static string NoAnswer(TimeSpan timeout) => string.Create(
        CultureInfo.InvariantCulture, $"No answer within {timeout.TotalSeconds} s: PostgreSQL hangs or is busy, or the range asked for is too long.");

    public static Task AnswerAsync(HttpContext context, string title, string detail)
    {
        context.Response.Headers.RetryAfter = RetryAfterSeconds;
        return Problem.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, title, detail);
    }

    // The newest first: were it the oldest's turn, it would under load always be his whose time is just over, and nobody were ever answered.
    private static RateLimitPartition<string> Partition(string name, int atOnce) => RateLimitPartition.GetConcurrencyLimiter(
        name, _ => new ConcurrencyLimiterOptions
        {
            PermitLimit = atOnce,
            QueueLimit = Waiting,
            QueueProcessingOrder = QueueProcessingOrder.NewestFirst,
        });
}
