using System.Text;
using System.Text.Json;

namespace Penstock.Debezium.Offsets;

/// <summary>
/// Where one connector of Debezium for Postgres stands, as Kafka Connect stores it: key <c>["connector",{"server":"topic.prefix"}]</c>, value an object of the names that
/// <c>PostgresOffsetContext</c> writes (Debezium 3.6.1; earlier versions write fewer).
/// </summary>
/// <param name="Connector">The connector's name; of an embedded engine the engine's.</param>
/// <param name="TopicPrefix">Its <c>topic.prefix</c>.</param>
/// <param name="Lsn"><c>lsn</c>: of the last record that Kafka has taken; 0 if none is noted.</param>
/// <param name="ProcessedLsn"><c>lsn_proc</c>; 0 if none.</param>
/// <param name="CommitLsn"><c>lsn_commit</c>: of the last commit that was read whole; 0 before the first one.</param>
/// <param name="TransactionId"><c>txId</c> of the last record.</param>
/// <param name="IsReset">The offset was deleted: the connector would begin anew.</param>
/// <param name="OpenSnapshot">Which snapshot has not come to its end: <c>INITIAL</c>, <c>BLOCKING</c>, ...; null if none is open.</param>
/// <param name="OpenIncremental">The tables, as Debezium writes them, that an incremental snapshot has still to read; null for none.</param>
public sealed record ConnectorOffset(
    string Connector, string TopicPrefix, ulong Lsn, ulong ProcessedLsn, ulong CommitLsn, long? TransactionId, bool IsReset, string? OpenSnapshot, string? OpenIncremental)
{
    /// <summary>The furthest position that the offset speaks of. The slot is told of none beyond it, because Connect stores an offset before the connector confirms it.</summary>
    public ulong FurthestLsn => Math.Max(Lsn, Math.Max(ProcessedLsn, CommitLsn));

    /// <summary>False where key or value are not of such a connector; a value that is none of JSON's objects is malformed.</summary>
    /// <exception cref="MalformedOffsetException">The key is such a connector's, but its value cannot be understood.</exception>
    public static bool TryRead(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, out ConnectorOffset? offset)
    {
        offset = null;
        if (ReadKey(key) is not var (connector, prefix))
        {
            return false;
        }

        if (value.IsEmpty)
        {
            offset = new ConnectorOffset(connector, prefix, 0, 0, 0, null, IsReset: true, null, null);
            return true;
        }

        try
        {
            var reader = new Utf8JsonReader(value);
            using var document = JsonDocument.ParseValue(ref reader);
            var fields = document.RootElement;
            offset = fields.ValueKind == JsonValueKind.Object
                ? Of(connector, prefix, fields)
                : throw new MalformedOffsetException($"the offset of connector \"{connector}\" is no JSON object");
            return true;
        }
        catch (JsonException e)
        {
            throw new MalformedOffsetException($"the offset of connector \"{connector}\" is no JSON: {e.Message}");
        }
    }

    private static ConnectorOffset Of(string connector, string prefix, JsonElement fields)
    {
        ulong Position(string name) => fields.TryGetProperty(name, out var field) && field.ValueKind == JsonValueKind.Number && field.TryGetInt64(out long lsn) ? (ulong)lsn : 0;
        string? Text(string name) => !fields.TryGetProperty(name, out var field) ? null : field.ValueKind switch
        {
            JsonValueKind.String => field.GetString(),
            JsonValueKind.Null or JsonValueKind.False => null,
            _ => field.GetRawText(),
        };
        bool IsTrue(string name) => fields.TryGetProperty(name, out var field) && field.ValueKind == JsonValueKind.True;

        // Every record of an incremental snapshot says INCREMENTAL, and its tables say whether more is to come. Versions before 3 wrote true for any snapshot, and only the second mark of its end.
        string? snapshot = Text("snapshot");
        bool isOver = snapshot is null or "INCREMENTAL" || IsTrue("snapshot_completed") || IsTrue("last_snapshot_record");
        string? tables = Text("incremental_snapshot_collections");
        return new ConnectorOffset(
            connector,
            prefix,
            Position("lsn"),
            Position("lsn_proc"),
            Position("lsn_commit"),
            fields.TryGetProperty("txId", out var id) && id.ValueKind == JsonValueKind.Number && id.TryGetInt64(out long number) ? number : null,
            IsReset: false,
            isOver ? null : snapshot,
            tables is null or "" or "[]" ? null : tables);
    }

    private static (string Connector, string Prefix)? ReadKey(ReadOnlySpan<byte> key)
    {
        try
        {
            using var document = JsonDocument.Parse(Encoding.UTF8.GetString(key));
            return document.RootElement is { ValueKind: JsonValueKind.Array } parts && parts.GetArrayLength() == 2
                && parts[0].ValueKind == JsonValueKind.String
                && parts[1] is { ValueKind: JsonValueKind.Object } partition && partition.TryGetProperty("server", out var server) && server.ValueKind == JsonValueKind.String
                ? (parts[0].GetString()!, server.GetString()!)
                : null;
        }
        catch (JsonException)
        {
            // The topic holds the offsets of all connectors, and what others have written is theirs.
            return null;
        }
    }
}
