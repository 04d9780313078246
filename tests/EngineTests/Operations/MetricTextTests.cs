using Penstock.Engine.Operations;

namespace Penstock.EngineTests.Operations;

public class MetricTextTests
{
    [Fact]
    public void Families_are_written_as_they_are_read()
    {
        var text = new MetricText();
        text.Counter("a_total", "With a \\ and\na second line.", 3);
        text.Gauge("b_seconds", "A fraction.", 0.25);
        text.Gauge("c_bytes", "Not known.", null);
        text.Gauge("d_bytes", "Large.", ulong.MaxValue);
        text.States("e", "One of two.", "word", ["x", "y"], "y");
        text.Info("f", "Hostile.", ("label", "\"\\\n}"));
        text.Counters("g_total", "Two.", "of", [("1", 1), ("2", 2)]);
        text.Counters("h_total", "Nothing.", "of", []);
        text.Gauges("i", "Nothing.", "of", []);
        text.Counters("j_total", "Nothing.", "of", "and", []);
        text.Counters("k_total", "Four.", "of", "and", [("1", "x", 1), ("1", "y", 2)]);

        var read = PrometheusText.Read(text.ToString());
        Assert.Equal(["a_total", "b_seconds", "d_bytes", "e", "f", "g_total", "k_total"], read.Keys);
        Assert.Equal((3, 0.25, 1.8446744073709552E19), (read["a_total"].Samples[""], read["b_seconds"].Samples[""], read["d_bytes"].Samples[""]));
        Assert.Equal((0, 1), (read["e"].Samples["word=\"x\""], read["e"].Samples["word=\"y\""]));
        Assert.Equal("""label="\"\\\n}" """.TrimEnd(), read["f"].Samples.Keys.Single());
        Assert.Equal(2, read["k_total"].Samples["of=\"1\",and=\"y\""]);
        Assert.Equal(("counter", 2), (read["g_total"].Type, read["g_total"].Samples["of=\"2\""]));
    }

    [Fact]
    public void A_family_that_two_write_is_a_defect()
    {
        var text = new MetricText();
        text.Gauge("a", "One.", 1);
        Assert.Throws<InvalidOperationException>(() => text.Gauge("a", "The same.", 2));
    }

    [Fact]
    public void A_source_is_asked_until_it_is_removed()
    {
        var sources = new MetricSources();
        var kept = sources.Add(text => text.Gauge("kept", "Stays.", 1));
        sources.Add(text => text.Gauge("gone", "Goes.", 1)).Dispose();
        var text = new MetricText();
        sources.Write(text);
        Assert.Equal(["kept"], PrometheusText.Read(text.ToString()).Keys);
        kept.Dispose();
    }

    /// <summary>A parser that takes everything would prove nothing.</summary>
    [Theory]
    [InlineData("# HELP a x\n# TYPE a gauge\na 1")]
    [InlineData("# HELP a x\n# TYPE a gauge\n")]
    [InlineData("# TYPE a gauge\n# HELP a x\na 1\n")]
    [InlineData("# HELP a x\n# TYPE b gauge\na 1\n")]
    [InlineData("# HELP a x\n# TYPE a gauge\nb 1\n")]
    [InlineData("# HELP a x\n# TYPE a gauge\na 1\na 2\n")]
    [InlineData("# HELP a x\n# TYPE a gauge\na 1\n# HELP a x\n# TYPE a gauge\na 1\n")]
    [InlineData("# HELP a x\n# TYPE a counter\na 1\n")]
    [InlineData("# HELP a_total x\n# TYPE a_total gauge\na_total 1\n")]
    [InlineData("# HELP a_total x\n# TYPE a_total counter\na_total -1\n")]
    [InlineData("# HELP a x\n# TYPE a gauge\na 1,5\n")]
    [InlineData("# HELP a x\n# TYPE a gauge\na{l=\"x} 1\n")]
    [InlineData("# HELP a x\n# TYPE a gauge\na{l=\"\\x\"} 1\n")]
    [InlineData("# HELP a x\n# TYPE a gauge\n\na 1\n")]
    public void What_is_malformed_is_refused(string text) => Assert.Throws<FormatException>(() => PrometheusText.Read(text));
}
