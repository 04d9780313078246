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

    private static DecoderBench Run(string content) =>
        new DecoderBench(Format).Feed(new WalScript().Begin(1000).Message(900, true, "outbox", content).Commit(1000, 1080));
}
