using Penstock.Postgres.Snapshot;

namespace Penstock.PostgresTests.Snapshot;

public class TransactionVisibilityTests
{
    [Theory]
    [InlineData("700:705:702,704", 699, true)]
    [InlineData("700:705:702,704", 701, true)]
    [InlineData("700:705:702,704", 702, false)]
    [InlineData("700:705:702,704", 705, false)]
    [InlineData("700:700:", 699, true)]
    [InlineData("700:700:", 700, false)]
    // The 64-bit ids of the function behind the first wrap; the stream has the lower half.
    [InlineData("4294967290:4294967300:4294967297", 4294967290, true)]
    [InlineData("4294967296:4294967300:4294967297", 0, true)]
    [InlineData("4294967296:4294967300:4294967297", 1, false)]
    [InlineData("4294967296:4294967300:4294967297", 4294967295, true)]
    public void A_query_shows_what_was_committed_before_it(string snapshot, long transaction, bool shows) =>
        Assert.Equal(shows, TransactionVisibility.Parse(snapshot).Shows(unchecked((uint)transaction)));

    [Fact]
    public void Other_text_is_refused() => Assert.Throws<FormatException>(() => TransactionVisibility.Parse("700"));
}
