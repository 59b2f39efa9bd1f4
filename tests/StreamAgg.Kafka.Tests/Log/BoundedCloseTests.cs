using StreamAgg.Kafka.Log;

namespace StreamAgg.Kafka.Tests.Log;

public sealed class BoundedCloseTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    [Fact]
    public void What_goes_wrong_at_the_end_is_thrown_to_whoever_ends_it() =>
        Assert.Equal("broken", Assert.Throws<InvalidOperationException>(() => BoundedClose.Of(() => throw new InvalidOperationException("broken"), Long)).Message);

    [Fact]
    public void An_end_that_does_not_come_is_left_behind()
    {
        using var never = new ManualResetEventSlim();
        Assert.False(BoundedClose.Of(() => never.Wait(Long), TimeSpan.FromMilliseconds(1)));
        never.Set();
        Assert.True(BoundedClose.Of(() => { }, Long));
    }
}
