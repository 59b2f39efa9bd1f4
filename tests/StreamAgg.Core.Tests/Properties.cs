using FsCheck;
using FsCheck.Fluent;

namespace StreamAgg.Core.Tests;

/// <summary>Runs a property on the same cases every time: a failure is one for everybody.</summary>
internal static class Properties
{
    private static readonly Config Bounded = Config.QuickThrowOnFailure.WithMaxTest(500).WithReplay(20250131, 1001);

    public static void ForAll<T>(Arbitrary<T> values, Func<T, bool> holds) => Check.One(Bounded, Prop.ForAll(values, holds));
}
