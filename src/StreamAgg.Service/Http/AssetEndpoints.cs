using Microsoft.Net.Http.Headers;
using StreamAgg.Service.Http.Page;

namespace StreamAgg.Service.Http;

/// <summary>Files that come with the program: packed once and for all, and not sent at all to a browser that has them.</summary>
internal static class AssetEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapMethods("/assets/{name}", ReadMethods.GetAndHead, context => WriteAsync(context, (string)context.GetRouteValue("name")!));
        app.MapMethods("/openapi/v1.json", ReadMethods.GetAndHead, context => WriteAsync(context, "openapi.json"));
    }

    private static Task WriteAsync(HttpContext context, string name) => Asset.Find(name) is { } asset
        ? WriteAsync(context, asset)
        : Problem.WriteAsync(context, StatusCodes.Status404NotFound, "Not found", "The page loads no such file.");

    private static Task WriteAsync(HttpContext context, Asset asset)
    {
        var headers = context.Response.Headers;
        // Asked for again each time, for the answer of a few bytes that it is still the same: a new version shows at once.
        headers.CacheControl = "no-cache";
        headers.ETag = asset.Tag;
        headers.Vary = HeaderNames.AcceptEncoding;
        if (Body.IsKnown(context, asset.Tag))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        bool isPacked = context.Request.GetTypedHeaders().AcceptEncoding.Any(coding => coding.Value == "br" && coding.Quality != 0);
        byte[] body = isPacked ? asset.Packed : asset.Content;
        if (isPacked)
            headers.ContentEncoding = "br";
        context.Response.ContentType = asset.ContentType;
        context.Response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
