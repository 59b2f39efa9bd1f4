using System.Text.Json;
using StreamAgg.Service.Output;

namespace StreamAgg.Service.Http;

/// <summary>Writes a whole body at once: its length is known, so that HEAD answers as GET does.</summary>
internal static class Body
{
    public static Task WriteAsync(HttpContext context, string contentType, Action<Utf8JsonWriter> write) =>
        WriteAsync(context, contentType, JsonText.Encode(write));

    public static async Task WriteAsync(HttpContext context, string contentType, ReadOnlyMemory<byte> body)
    {
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-store";
        if (!HttpMethods.IsHead(context.Request.Method))
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
