namespace Penstock.DebeziumTests.Golden;

public sealed class GoldenMasksTests
{
    private static readonly Dictionary<string, string> NoOptions = [];

    [Theory]
    [InlineData("""{"op":"c","ts_ms":1,"ts_us":1000,"ts_ns":1000000}""", """{"op":"c","ts_ms":2,"ts_us":2000,"ts_ns":2000000}""")]
    [InlineData("""{"source":{"ts_ms":1,"snapshot":"first","sequence":"[null,\"5\"]","lsn":5},"op":"r","ts_ms":1}""", """{"source":{"ts_ms":2,"snapshot":"first","sequence":"[null,\"6\"]","lsn":6},"op":"r","ts_ms":2}""")]
    [InlineData("""{"id":1,"__op":"r","__source_lsn":5}""", """{"id":1,"__op":"r","__source_lsn":6}""")]
    [InlineData("""{"payload":{"ts_ms":1}}""", """{"payload":{"ts_ms":2}}""")]
    [InlineData("""{"v":"[Ljava.lang.String;@2e1e272b"}""", """{"v":"[Ljava.lang.String;@1"}""")]
    public void What_differs_from_run_to_run_is_masked(string one, string other) => Assert.Equal(Masked(NoOptions, one), Masked(NoOptions, other));

    [Theory]
    [InlineData("""{"source":{"ts_ms":1,"snapshot":"false","lsn":5},"op":"c"}""", """{"source":{"ts_ms":1,"snapshot":"false","lsn":6},"op":"c"}""")]
    [InlineData("""{"source":{"snapshot":"first"},"op":"r"}""", """{"source":{"snapshot":"last"},"op":"r"}""")]
    [InlineData("""{"id":1,"__op":"c","__source_lsn":5}""", """{"id":1,"__op":"c","__source_lsn":6}""")]
    public void What_does_not_is_not(string one, string other) => Assert.NotEqual(Masked(NoOptions, one), Masked(NoOptions, other));

    [Fact]
    public void Clocks_that_a_transform_copies_are_masked_under_the_names_of_the_case()
    {
        var options = new Dictionary<string, string>
        {
            ["transforms.u.add.fields"] = "op,ts_ms:when",
            ["transforms.u.add.fields.prefix"] = "m_",
            ["transforms.u.add.headers"] = "ts_us",
        };
        Assert.Equal(Masked(options, """{"m_when":1,"m_op":"c"}"""), Masked(options, """{"m_when":2,"m_op":"c"}"""));
        string headers = GoldenCase.HeaderText([("a", "1"), ("__ts_us", "99")]);
        Assert.Equal("""[["a","1"],["__ts_us","<wall clock>"]]""", new GoldenMasks(options).Mask(new GoldenRecord("t", null, null, headers, null)).Headers);
        Assert.NotEqual(Masked(NoOptions, """{"m_when":1}"""), Masked(NoOptions, """{"m_when":2}"""));
    }

    [Fact]
    public void A_message_before_the_first_transaction_has_the_time_of_the_start_a_later_one_has_not()
    {
        GoldenRecord Message(int time) => new("t", "{}", $$"""{"op":"m","ts_ms":9,"source":{"ts_ms":{{time}},"snapshot":"false"} }""", "", null);
        var row = new GoldenRecord("t", "{}", """{"source":{"snapshot":"false"},"op":"c","ts_ms":1}""", "", null);
        var masks = new GoldenMasks(NoOptions);
        Assert.Equal(masks.MaskStream([Message(1), row]), masks.MaskStream([Message(2), row]));
        Assert.NotEqual(masks.MaskStream([row, Message(1)]), masks.MaskStream([row, Message(2)]));
    }

    private static string? Masked(Dictionary<string, string> options, string value) => new GoldenMasks(options).Mask(new GoldenRecord("t", null, value, "", null)).Value;
}
