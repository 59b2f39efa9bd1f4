using Microsoft.Extensions.Primitives;

namespace StreamAgg.Service.Http.Access;

/// <summary>What every answer tells a browser, refusals too: no other site may frame it, load it or learn its address; no cache keeps it.</summary>
internal static class SecurityHeaders
{
    private static readonly KeyValuePair<string, StringValues>[] Defaults =
    [
        new("X-Content-Type-Options", "nosniff"),
        new("X-Frame-Options", "DENY"),
        new("Referrer-Policy", "no-referrer"),
        new("Cross-Origin-Resource-Policy", "same-origin"),
        new("Cross-Origin-Opener-Policy", "same-origin"),
        new("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
        new("Cache-Control", "no-store"),
    ];

    /// <summary>Where an answer says one of them itself, as the page its policy, that stands.</summary>
    public static void UseSecurityHeaders(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        context.Response.OnStarting(() =>
        {
            foreach ((string name, StringValues value) in Defaults)
                context.Response.Headers.TryAdd(name, value);
            return Task.CompletedTask;
        });
        return next(context);
    });
}
