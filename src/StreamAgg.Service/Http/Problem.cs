namespace StreamAgg.Service.Http;

/// <summary>What could not be answered, as RFC 9457 says it.</summary>
internal static class Problem
{
    public static Task WriteAsync(HttpContext context, int status, string title, string detail)
    {
        context.Response.StatusCode = status;
        return Body.WriteAsync(context, "application/problem+json", writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("type", "about:blank");
            writer.WriteString("title", title);
            writer.WriteNumber("status", status);
            writer.WriteString("detail", detail);
            writer.WriteString("instance", context.Request.Path.Value);
            writer.WriteEndObject();
        });
    }
}

/// <summary>A parameter of the query is wrong: answered by 400.</summary>
internal sealed class BadParameterException(string parameter, string message) : Exception($"{parameter}: {message}");
