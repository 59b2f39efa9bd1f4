using StreamAgg.Core.Rollups;
using StreamAgg.Postgres.Queries;

namespace StreamAgg.Service.Http.Page;

/// <summary>The view that a link leads to: what is shown now, but for what the link changes.</summary>
/// <param name="Range">Named, or from one time to another.</param>
/// <param name="Zone">As it was given: the script knows the zones. Null: UTC.</param>
/// <param name="Rollup">That by platform has the page that was there first.</param>
/// <param name="Where">Values of its dimensions, in the order in which they were chosen.</param>
/// <param name="Order">Of a rollup's keys.</param>
/// <param name="Top">How many of them.</param>
internal sealed record PageLink(
    PageRange Range, string? Zone, Rollup Rollup, IReadOnlyList<(string Dimension, string Value)> Where, TopOrder Order = TopOrder.Requests,
    int Top = PageLink.FewestKeys)
{
    public const int FewestKeys = 20;

    /// <summary>How many keys can be shown.</summary>
    public static readonly int[] Tops = [FewestKeys, 50, 100, 200];

    /// <summary>Names of the orders, in the order of <see cref="TopOrder"/>.</summary>
    public static readonly string[] Orders = [.. Enum.GetNames<TopOrder>().Select(name => name.ToLowerInvariant())];

    public bool IsByPlatform => Rollup.Name == Rollup.Platform;

    /// <summary>The same of another rollup, as far as that has the dimensions.</summary>
    public PageLink To(Rollup other) => this with { Rollup = other, Where = [.. Where.Where(filter => other.Dimensions.Contains(filter.Dimension))] };

    /// <summary>With one more filter, or the same one with this value alone.</summary>
    public PageLink With(string dimension, string value) => Without(dimension) with { Where = [.. Without(dimension).Where, (dimension, value)] };

    public PageLink Without(string dimension) => this with { Where = [.. Where.Where(filter => filter.Dimension != dimension)] };

    /// <summary>The first rollup that has all dimensions of this one, and more; null where there is none.</summary>
    public Rollup? Finer(IEnumerable<Rollup> rollups) => rollups.FirstOrDefault(other =>
        other.Dimensions.Count > Rollup.Dimensions.Count && Rollup.Dimensions.All(other.Dimensions.Contains));

    /// <summary>What a form that changes the range has to bring along.</summary>
    public IEnumerable<(string Name, string Value)> Kept
    {
        get
        {
            if (!IsByPlatform)
            {
                yield return ("rollup", Rollup.Name);
                yield return ("sort", Orders[(int)Order]);
                yield return ("top", $"{Top}");
            }
            foreach (var filter in Where)
                yield return filter;
            if (Zone is not null)
                yield return ("tz", Zone);
        }
    }

    public override string ToString()
    {
        IEnumerable<(string, string)> range = Range.Name != PageRange.Custom
            ? [("range", Range.Name)]
            : [("range", Range.Name), ("from", $"{Range.From}"), ("to", $"{Range.To}")];
        return "/?" + string.Join('&', range.Concat(Kept).Select(part => $"{part.Item1}={Uri.EscapeDataString(part.Item2)}"));
    }
}
