using Penstock.Debezium.Events;
using Penstock.Debezium.Transforms;
using Penstock.DebeziumTests.Events;

namespace Penstock.DebeziumTests.Transforms;

public sealed class OutboxMessageTests
{
    private static readonly EventFormat Format = DecoderBench.Format with
    {
        Transforms = TransformSet.Parse(new Dictionary<string, string> { ["transforms"] = "decode,outbox", ["transforms.outbox.table.expand.json.payload"] = "true" }),
    };

    [Fact]
    public void A_message_is_an_outbox_event()
    {
        var record = Assert.Single(Run("""{"id":"5","aggregateid":"k","aggregatetype":"Order","payload":"{\"n\":1.5,\"gone\":null}"}""").Records);

        Assert.Equal("outbox.event.Order", record.Topic);
        Assert.Equal("\"k\"", record.Key);
        Assert.Equal("""{"n":1.5}""", record.Value);
    }

    [Fact]
    public void A_payload_with_half_a_surrogate_pair_stays_a_text()
    {
        var record = Assert.Single(Run("""{"id":"5","aggregateid":"k","aggregatetype":"Order","payload":"{\"n\":\"\\ud83d\"}"}""").Records);

        Assert.Equal("""
            "{\"n\":\"\\ud83d\"}"
            """, record.Value);
    }

    [Fact]
    public void An_object_of_many_members_is_read_once()
    {
        string payload = string.Join(',', Enumerable.Range(0, 20_000).Select(i => $"\\\"m{i}\\\":{i}"));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var bench = new DecoderBench(Format, slabBytes: 1 << 20);
        bench.Decoder.Decode(new WalScript().Begin(1000).Message(900, true, "o", "{\"id\":\"5\",\"aggregateid\":\"k\",\"aggregatetype\":\"Order\",\"payload\":\"{" + payload + "}\"}").Commit(1000, 1080).Batch(new Penstock.Engine.Buffers.SlabPool("wal", 1 << 20, 1)));

        Assert.Contains("\"m19999\":19999", Assert.Single(bench.Records).Value, StringComparison.Ordinal);
        // A member sought for every member would take minutes.
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"{watch.Elapsed}");
    }

    [Theory]
    [InlineData("""[{\"a\":1},{\"a\":2}]""", true)]
    [InlineData("""[{\"a\":1},{\"a\":2,\"b\":\"x\"}]""", false)]
    [InlineData("""[{\"a\":null},{\"a\":2}]""", false)]
    public void Objects_of_an_array_that_differ_in_their_fields_are_required(string list, bool optional)
    {
        var format = Format with { ValueSchemas = true };
        string content = $$"""{"id":"5","aggregateid":"k","aggregatetype":"Order","payload":"{\"list\":{{list}}}"}""";
        string value = Assert.Single(Run(content, format).Records).Value!;
        Assert.Equal(optional, EventJson.Member(value, "schema", "fields")[0].GetProperty("items").GetProperty("optional").GetBoolean());
    }

    [Fact]
    public void An_object_with_a_nameless_field_stays_text() =>
        Assert.Equal("\"{\\\"\\\":1}\"", Assert.Single(Run("""{"id":"5","aggregateid":"k","aggregatetype":"Order","payload":"{\"\":1}"}""").Records).Value);

    [Theory]
    [InlineData("no json", "no JSON object")]
    [InlineData("""{"id":"secret"}""", "no column payload")]
    [InlineData("""{"id":1,"aggregateid":"k","aggregatetype":7,"payload":"secret"}""", "no text")]
    public void A_message_without_the_columns_is_refused_without_its_values(string content, string problem)
    {
        var error = Assert.Throws<UndecodableEventException>(() => Run(content));

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    private static DecoderBench Run(string content, EventFormat? format = null) =>
        new DecoderBench(format ?? Format).Feed(new WalScript().Begin(1000).Message(900, true, "outbox", content).Commit(1000, 1080));
}
