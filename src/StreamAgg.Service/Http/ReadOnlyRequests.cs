using StreamAgg.Pipeline.Store;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Http;

/// <summary>What holds for every request: nothing can be changed here, and every fault is a problem body.</summary>
internal static class ReadOnlyRequests
{
    public static void UseReadOnlyRequests(this IApplicationBuilder app, ILogger logger) => app.Use(async (context, next) =>
    {
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            await Problem.WriteAsync(
                context, StatusCodes.Status405MethodNotAllowed, "Method not allowed", "Everything here is read-only: use GET or HEAD.");
            return;
        }

        try
        {
            await next(context);
        }
        catch (Exception fault) when (context.Response.HasStarted)
        {
            // Rows are on their way: who takes them is not to mistake a part for the whole, so the connection breaks.
            logger.AnswerBroken(context.Request.Path.Value, OneLine.Of(fault));
            context.Abort();
        }
        catch (BadParameterException wrong)
        {
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, "Wrong parameter", wrong.Message);
        }
        catch (NotServingException nothing)
        {
            await Limits.AnswerAsync(context, "Not serving", nothing.Message);
        }
        catch (StoreUnavailableException away)
        {
            await Limits.AnswerAsync(context, "PostgreSQL is away", OneLine.Of(away));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client went away: there is nobody to answer.
        }
        catch (Exception fault)
        {
            // A request that can't be answered must not end the service; the log has the whole story.
            logger.RequestFailed(fault, context.Request.Path.Value);
            await Problem.WriteAsync(context, StatusCodes.Status500InternalServerError, "Unexpected fault", "The service's log says more.");
        }
    });
}
