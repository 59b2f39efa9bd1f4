using StreamAgg.Service.Http.Access;

namespace StreamAgg.Service.Http;

/// <summary>Asks for the token whatever the path, so that one which is added is not forgotten; probes have none and learn nothing.</summary>
internal static class TokenRequests
{
    private const string Probes = "/healthz";

    public static void UseToken(this IApplicationBuilder app, AccessToken token) => app.Use((context, next) =>
    {
        if (context.Request.Path.StartsWithSegments(Probes, StringComparison.Ordinal) || token.Admits(context.Request.Headers.Authorization))
            return next(context);
        context.Response.Headers.WWWAuthenticate = AccessToken.Schemes;
        return Problem.WriteAsync(
            context, StatusCodes.Status401Unauthorized, "A token is needed",
            "Send the token of StreamAgg:Http:TokenFile as `Authorization: Bearer TOKEN`, or as the password of HTTP Basic with any user name.");
    });
}
