namespace StreamAgg.Service.Http;

/// <summary>Whether the process works, for whoever restarts it or sends it traffic.</summary>
internal static class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder app, Stage stage)
    {
        Map(app, "/healthz/live", () => stage.NotLive, "live");
        Map(app, "/healthz/ready", () => stage.NotReady, "ready");
    }

    private static void Map(IEndpointRouteBuilder app, string path, Func<string?> reason, string word) =>
        app.MapMethods(path, ReadMethods.GetAndHead, context =>
        {
            string? why = reason();
            context.Response.StatusCode = why is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
            return Body.WriteAsync(context, "application/json", json =>
            {
                json.WriteStartObject();
                json.WriteString("status", why is null ? word : "not " + word);
                if (why is not null)
                    json.WriteString("reason", why);
                json.WriteEndObject();
            });
        });
}

internal static class ReadMethods
{
    public static readonly string[] GetAndHead = ["GET", "HEAD"];
}
