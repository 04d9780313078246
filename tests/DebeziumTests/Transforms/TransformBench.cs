using Penstock.Debezium.Events;
using Penstock.Debezium.Transforms;
using Penstock.DebeziumTests.Events;

namespace Penstock.DebeziumTests.Transforms;

/// <summary>Streams for transforms, and what comes of them.</summary>
internal static class TransformBench
{
    public static (string, uint, bool)[] OutboxColumns => [("id", DecoderBench.Int4, true), ("aggregatetype", DecoderBench.Text, false), ("aggregateid", DecoderBench.Text, false), ("payload", DecoderBench.Text, false)];

    /// <summary>A format with transforms given as lines <c>name=value</c>, without <c>transforms.</c> where it is no list.</summary>
    public static EventFormat Format(string transforms, params string[] options)
    {
        var properties = new Dictionary<string, string> { ["transforms"] = transforms };
        foreach (string option in options)
        {
            string[] parts = option.Split('=', 2);
            properties.Add(parts[0].StartsWith("predicates", StringComparison.Ordinal) ? parts[0] : $"transforms.{parts[0]}", parts[1]);
        }

        return DecoderBench.Format with { Transforms = TransformSet.Parse(properties) };
    }

    /// <summary>Two orders made, one sent, the other deleted: whole old rows.</summary>
    public static WalScript Orders() => new WalScript()
        .Begin(1000)
        .Relation(DecoderBench.Orders, "public", "orders", 'f', DecoderBench.OrdersColumns)
        .Insert(900, DecoderBench.Orders, "1", "new", null)
        .Insert(901, DecoderBench.Orders, "5", "paid", "a \"quoted\"\nnote\u2603")
        .Update(902, DecoderBench.Orders, ["5", "paid", "a"], 'O', "5", "sent", "a")
        .Delete(903, DecoderBench.Orders, 'O', "1", "new", null)
        .Commit(1000, 1080);

    /// <summary>An outbox event, its row deleted at once, and an order.</summary>
    public static WalScript Mixed() => new WalScript()
        .Begin(1000)
        .Relation(DecoderBench.Outbox, "public", "outbox", 'd', OutboxColumns)
        .Relation(DecoderBench.Orders, "public", "orders", 'd', DecoderBench.OrdersColumns)
        .Insert(900, DecoderBench.Outbox, "7", "Order", "k1", "{\"x\":1}")
        .Delete(901, DecoderBench.Outbox, 'K', "7", null, null, null)
        .Insert(902, DecoderBench.Orders, "1", "new", null)
        .Delete(903, DecoderBench.Orders, 'K', "1", null, null)
        .Commit(1000, 1080);

    /// <summary>Operation and id of each record.</summary>
    public static string Short(IEnumerable<RecordSeen> records) => string.Join(' ', records.Select(r => $"{r.Operation}{r.Key?.Replace("{\"id\":", "", StringComparison.Ordinal).TrimEnd('}')}"));
}
