using StreamAgg.Pipeline.Store;
using StreamAgg.Service.Cli;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Http;

/// <summary>What holds for every request: nothing can be changed here, and every fault is a problem body.</summary>
internal static class ReadOnlyRequests
{
    public static void UseReadOnlyRequests(this IApplicationBuilder app, ILogger logger) => app.Use(async (context, next) =>
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            await Problem.WriteAsync(context, StatusCodes.Status405MethodNotAllowed, "Method not allowed", "Everything here is read-only: use GET or HEAD.");
            return;
        }

        try
        {
            await next(context);
        }
        catch (BadParameterException wrong)
        {
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, "Wrong parameter", wrong.Message);
        }
        catch (StoreUnavailableException away)
        {
            context.Response.Headers.RetryAfter = "5";
            await Problem.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "PostgreSQL is away", OneLine.Of(away));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client went away: there is nobody to answer.
        }
        catch (Exception fault) when (!context.Response.HasStarted)
        {
            // A request that can't be answered must not end the service; the log has the whole story.
            ServiceLog.RequestFailed(logger, fault, context.Request.Path.Value);
            await Problem.WriteAsync(context, StatusCodes.Status500InternalServerError, "Unexpected fault", "The service's log says more.");
        }
    });
}
