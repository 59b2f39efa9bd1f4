using System.Text.Json;

namespace StreamAgg.Core.Tests.Events;

/// <summary>What a tree of objects says of names and texts; null where half of a surrogate pair stands alone in them.</summary>
internal static class LooseText
{
    public static string? NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    public static string? TextOf(JsonElement text)
    {
        try
        {
            return text.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
