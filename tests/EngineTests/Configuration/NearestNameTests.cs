using FsCheck.Xunit;
using Penstock.Engine.Configuration;

namespace Penstock.EngineTests.Configuration;

public sealed class NearestNameTests
{
    [Theory]
    [InlineData("", "", 0)]
    [InlineData("abc", "", 3)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("ab", "ba", 1)]
    [InlineData("SLOT", "slot", 0)]
    public void Edits_are_counted(string left, string right, int edits) => Assert.Equal(edits, NearestName.Edits(left, right));

    [Property]
    public bool Distance_is_symmetric_and_zero_for_itself(string left, string right) =>
        NearestName.Edits(left ?? "", right ?? "") == NearestName.Edits(right ?? "", left ?? "") && NearestName.Edits(left ?? "", left ?? "") == 0;

    [Fact]
    public void The_nearest_wins_and_none_is_none()
    {
        Assert.Equal("slot.name", NearestName.Of("slot.nmae", ["snapshot.mode", "slot.name"]));
        Assert.Null(NearestName.Of("x", []));
    }
}
