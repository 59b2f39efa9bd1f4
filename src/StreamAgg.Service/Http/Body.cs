using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Net.Http.Headers;
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
        if (!HttpMethods.IsHead(context.Request.Method))
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    /// <summary>Named by what is in it: whoever has it already is told so in a line.</summary>
    public static Task WriteTaggedAsync(HttpContext context, string contentType, ReadOnlyMemory<byte> body)
    {
        // Weak: packed or not, it says the same.
        string tag = $"W/\"{Convert.ToHexStringLower(SHA256.HashData(body.Span))[..16]}\"";
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers.ETag = tag;
        if (!IsKnown(context, tag))
            return WriteAsync(context, contentType, body);
        context.Response.StatusCode = StatusCodes.Status304NotModified;
        return Task.CompletedTask;
    }

    /// <summary>Whether who asks has the body of that tag.</summary>
    public static bool IsKnown(HttpContext context, string tag) => context.Request.GetTypedHeaders().IfNoneMatch
        .Any(known => known.Equals(EntityTagHeaderValue.Any) || known.Compare(EntityTagHeaderValue.Parse(tag), useStrongComparison: false));
}
