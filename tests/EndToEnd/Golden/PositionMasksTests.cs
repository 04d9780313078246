using Penstock.DebeziumTests.Golden;

namespace Penstock.EndToEnd.Golden;

public sealed class PositionMasksTests
{
    [Fact]
    public void Two_runs_of_the_same_changes_are_the_same() =>
        Assert.Equal(Masked([Row(700, 100, null), Row(700, 120, null), Row(701, 150, 130)]), Masked([Row(90, 1000, null), Row(90, 1120, null), Row(95, 1500, 1500)]));

    [Fact]
    public void Another_order_of_positions_is_not() =>
        Assert.NotEqual(Masked([Row(700, 100, null), Row(700, 120, null)]), Masked([Row(700, 120, null), Row(700, 100, null)]));

    [Fact]
    public void Changes_of_one_transaction_are_not_those_of_two() =>
        Assert.NotEqual(Masked([Row(700, 100, null), Row(700, 120, null)]), Masked([Row(700, 100, null), Row(701, 120, null)]));

    [Fact]
    public void A_commit_behind_another_change_is_not_the_same_commit() =>
        Assert.NotEqual(Masked([Row(700, 100, null), Row(701, 120, 110), Row(702, 150, 130)]), Masked([Row(700, 100, null), Row(701, 120, 110), Row(702, 150, 110)]));

    [Fact]
    public void Without_places_only_the_form_is_compared() =>
        Assert.Equal(Masked([Row(700, 100, null)], inPlaces: false), Masked([Row(1, 2, null)], inPlaces: false));

    private static GoldenRecord Row(int transaction, int lsn, int? commit) => new(
        "t",
        $$"""{"id":"{{transaction}}:{{lsn}}"}""",
        $$"""{"source":{"ts_ms":{{lsn * 7}},"sequence":"[{{(commit is null ? "null" : $"\\\"{commit}\\\"")}},\"{{lsn}}\"]","txId":{{transaction}},"lsn":{{lsn}}},"ts_ms":3}""",
        $"""[["__source_lsn","{lsn}"]]""",
        null);

    private static List<GoldenRecord> Masked(List<GoldenRecord> records, bool inPlaces = true) => records.ConvertAll(new PositionMasks(new Dictionary<string, string>(), records, inPlaces).Mask);
}
