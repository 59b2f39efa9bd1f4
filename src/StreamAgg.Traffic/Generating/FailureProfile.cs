using StreamAgg.Core.Events;

namespace StreamAgg.Traffic.Generating;

/// <summary>One way in which a request fails, with what it counts as written down by hand: the judge must not ask the accused.</summary>
/// <param name="Is">The flag that such an event has.</param>
internal sealed record FailureProfile(
    int? Status, string Type, string Message, bool? SaysTimeout, StatusClass Class, bool CountsAsTimeout, string? Is = null)
{
    public static readonly FailureProfile Overloaded = new(529, "overloaded_error", "Overloaded", null, StatusClass.ServerError, false);

    public static readonly FailureProfile[] All =
    [
        new(429, "rate_limit_error", "Rate limit reached for requests", null, StatusClass.ClientError, false),
        new(429, "rate_limit_error", "Quota of the account is used up", false, StatusClass.ClientError, false, "is_business_limited"),
        new(400, "invalid_request_error", "messages: at least one message is required", null, StatusClass.ClientError, false),
        new(401, "authentication_error", "Incorrect API key provided", false, StatusClass.ClientError, false),
        new(499, "client_closed", "the client went away", null, StatusClass.ClientError, false, "is_cancelled"),
        new(500, "api_error", "Internal server error", null, StatusClass.ServerError, false),
        Overloaded,
        new(503, "upstream_error", "no healthy upstream", false, StatusClass.ServerError, false),
        new(302, "upstream_error", "redirected to a login page", null, StatusClass.Other, false),
        new(null, "network_error", "connection reset by peer", null, StatusClass.Other, false),
        // Each rule of a timeout, and its overlap with both classes.
        new(504, "timeout", "the gateway gave up", null, StatusClass.ServerError, true),
        new(408, "timeout_error", "Request took too long", null, StatusClass.ClientError, true),
        new(504, "upstream_error", "Upstream request TimeOut after 60s", null, StatusClass.ServerError, true),
        new(null, "network_error", "Post \\\"https://upstream\\\": context Deadline Exceeded", null, StatusClass.Other, true),
        new(504, "upstream_error", "no answer from upstream", null, StatusClass.ServerError, true),
        new(null, "ETIMEDOUT", "connect failed", null, StatusClass.Other, true),
        new(500, "api_error", "Request timed out.", null, StatusClass.ServerError, true),
        new(502, "upstream_error", "bad gateway", true, StatusClass.ServerError, true),
        // The flag is stronger than the words.
        new(503, "timeout", "timeout of the retry budget", false, StatusClass.ServerError, false),
    ];
}
