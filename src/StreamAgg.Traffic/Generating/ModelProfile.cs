namespace StreamAgg.Traffic.Generating;

/// <summary>A model that requests are made to.</summary>
/// <param name="Name">As gateways name it.</param>
/// <param name="InputPrice">US dollars for a million tokens that are sent; the tenth of it for those that a cache holds.</param>
/// <param name="OutputPrice">Likewise for those that come back.</param>
internal sealed record ModelProfile(string Name, double InputPrice, double OutputPrice)
{
    private static readonly ModelProfile[] Others = [new("deepseek-v3", 0.27, 1.1), new("llama-4-maverick", 0.2, 0.6)];

    private static readonly Dictionary<string, ModelProfile[]> ByPlatform = new(StringComparer.Ordinal)
    {
        ["anthropic"] = [new("claude-sonnet-4", 3, 15), new("claude-haiku-3.5", 0.8, 4), new("claude-opus-4", 15, 75)],
        ["bedrock"] = [new("claude-sonnet-4", 3, 15), new("nova-pro", 0.8, 3.2)],
        ["openai"] = [new("gpt-4o-mini", 0.15, 0.6), new("o4-mini", 1.1, 4.4), new("gpt-4o", 2.5, 10)],
        ["gemini"] = [new("gemini-2.5-flash", 0.3, 2.5), new("gemini-2.5-pro", 1.25, 10)],
    };

    /// <summary>The most used one first.</summary>
    public static IReadOnlyList<ModelProfile> Of(string platform) => ByPlatform.GetValueOrDefault(platform, Others);
}
