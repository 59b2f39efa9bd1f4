namespace StreamAgg.Service.Http;

internal static class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder app, Health health)
    {
        Map(app, "/healthz/live", health.IsLive, "live", "the poll loop stands still");
        Map(app, "/healthz/ready", health.IsReady, "ready", "the consumer group is not joined yet");
    }

    private static void Map(IEndpointRouteBuilder app, string path, Func<bool> isSo, string word, string otherwise) =>
        app.MapMethods(path, Verbs.GetAndHead, context =>
        {
            bool yes = isSo();
            context.Response.StatusCode = yes ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
            return Body.WriteAsync(context, "application/json", json =>
            {
                json.WriteStartObject();
                json.WriteString("status", yes ? word : "not " + word);
                if (!yes)
                    json.WriteString("reason", otherwise);
                json.WriteEndObject();
            });
        });
}

internal static class Verbs
{
    public static readonly string[] GetAndHead = ["GET", "HEAD"];
}
