using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Penstock.Debezium.Events;

namespace Penstock.DebeziumTests.Events.Fuzz;

/// <summary>
/// Whether an accepted message became the right records: how many of which operation, and whether the values of columns whose JSON is their text are those of the tuple.
/// Reads the message by <see cref="WireMap"/> and the records by System.Text.Json.
/// </summary>
internal sealed class EventJudge(EventFormat format, bool plain, bool snapshot)
{
    private static readonly HashSet<uint> Integers = [20, 21, 23, 26];
    private static readonly HashSet<uint> Texts = [18, 25, 114, 142, 869, 1042, 1043, 2950, 3614, 3802, 3904];

    private readonly Dictionary<uint, JudgedRelation> _relations = [];

    /// <summary>Between Begin and Commit, as far as they were accepted.</summary>
    public bool InTransaction { get; private set; }

    /// <summary>What is wrong, or null.</summary>
    /// <param name="message">An accepted message.</param>
    /// <param name="walStart">Its LSN.</param>
    /// <param name="records">Its records, and nothing else's.</param>
    /// <param name="closely">Whether values are compared, too.</param>
    public string? Objection(byte[] message, ulong walStart, FuzzRecords records, bool closely)
    {
        char type = (char)message[0];
        if (type == 'R' && records.Count > 0)
        {
            return "a Relation message gave records";
        }

        if (Remember(message) is { } objection)
        {
            return objection;
        }

        if (type == 'R' || !closely)
        {
            return null;
        }

        if (WireMap.Read(message) is not { } fields)
        {
            return "it is no message, and was accepted";
        }

        if (!plain || (type is 'B' or 'C' && format.TransactionMetadata))
        {
            return null;
        }

        // The record of a transaction's beginning comes with the first event of it.
        int first = records.Count > 0 && records.Operation(0) == 'b' ? 1 : 0;
        string operations = string.Concat(Enumerable.Range(first, records.Count - first).Select(records.Operation));
        string[] expected = Expected(type, message, fields);
        if (!expected.Contains(operations))
        {
            return $"a message of type {type} gave '{operations}', due is one of '{string.Join("', '", expected)}'";
        }

        return operations.Length == 0 || type is 'T' or 'B' or 'C' ? null
            : type == 'M' ? MessageObjection(message, fields, records.Value(first).ToArray())
            : RowObjection(message, fields, walStart, records);
    }

    /// <summary>Keeps in mind what an accepted message announces; says what is wrong with it, or null.</summary>
    public string? Remember(byte[] message)
    {
        switch (message[0])
        {
            case (byte)'B' or (byte)'C':
                InTransaction = message[0] == (byte)'B';
                break;
            case (byte)'R':
                if (WireMap.Read(message) is not { } fields)
                {
                    return "it is no Relation message, and was accepted";
                }

                var relation = JudgedRelation.Read(message, fields);
                _relations[relation.Oid] = relation;
                break;
        }

        return null;
    }

    private string[] Expected(char type, byte[] message, WireField[] fields)
    {
        if (type == 'T')
        {
            int captured = fields.Count(f => f.Part == WirePart.RelationOid && IsCaptured(message, f));
            return [Skips(EventOperations.Truncate) ? "" : new string('t', captured)];
        }

        if (type is 'M')
        {
            return ["m"];
        }

        if (type is not ('I' or 'U' or 'D') || !IsCaptured(message, fields[1]))
        {
            return [""];
        }

        string tombstone = format.TombstonesOnDelete ? "x" : "";
        string create = Skips(EventOperations.Create) ? "" : "c";
        string delete = Skips(EventOperations.Delete) ? "" : "d" + tombstone;
        return type switch
        {
            'I' => [snapshot ? "r" : create],
            'D' => [delete],
            _ => [Skips(EventOperations.Update) ? "" : "u", delete + create],
        };
    }

    private bool Skips(EventOperations operation) => format.SkippedOperations.HasFlag(operation);

    private bool IsCaptured(byte[] message, WireField oid) => _relations[Oid(message, oid)].Schema != "penstock";

    private string? RowObjection(byte[] message, WireField[] fields, ulong walStart, FuzzRecords records)
    {
        var relation = _relations[Oid(message, fields[1])];
        int last = records.HasValue(records.Count - 1) ? records.Count - 1 : records.Count - 2;
        using var document = JsonDocument.Parse(records.Value(last).ToArray());
        var value = format.ValueSchemas ? document.RootElement.GetProperty("payload") : document.RootElement;
        var source = value.GetProperty("source");
        if (source.GetProperty("table").GetString() != relation.Name || source.GetProperty("schema").GetString() != relation.Schema
            || (!snapshot && source.GetProperty("lsn").GetUInt64() != walStart))
        {
            return "the source block tells another table or LSN";
        }

        int tuple = Array.FindIndex(fields, f => f.Part == WirePart.TupleKind);
        while (tuple >= 0)
        {
            var row = value.GetProperty(message[fields[tuple].Offset] == (byte)'N' ? "after" : "before");
            if (row.ValueKind == JsonValueKind.Object && TupleObjection(message, fields, tuple + 1, relation, row) is { } objection)
            {
                return objection;
            }

            tuple = Array.FindIndex(fields, tuple + 1, f => f.Part == WirePart.TupleKind);
        }

        return null;
    }

    private static string? TupleObjection(byte[] message, WireField[] fields, int count, JudgedRelation relation, JsonElement row)
    {
        int at = count + 1;
        foreach (var (name, type) in relation.Columns)
        {
            if (message[fields[at++].Offset] != (byte)'t')
            {
                continue;
            }

            // Behind the kind come a length and the text.
            var text = message.AsSpan(fields[at + 1].Offset, fields[at + 1].Length);
            at += 2;
            bool asText = Texts.Contains(type);
            if ((!asText && !Integers.Contains(type)) || relation.Columns.Count(c => c.Name == name) > 1)
            {
                continue;
            }

            if (!row.TryGetProperty(name, out var value) || (asText ? value.GetString() : value.GetRawText()) != Encoding.UTF8.GetString(text))
            {
                return $"column {relation.Columns.Select(c => c.Name).ToList().IndexOf(name)} of type {type} is not its text";
            }
        }

        return null;
    }

    private string? MessageObjection(byte[] message, WireField[] fields, byte[] value)
    {
        using var document = JsonDocument.Parse(value);
        var written = (format.ValueSchemas ? document.RootElement.GetProperty("payload") : document.RootElement).GetProperty("message");
        var content = message.AsSpan(fields[^1].Offset, fields[^1].Length);
        string prefix = Encoding.UTF8.GetString(message, fields[3].Offset, fields[3].Length - 1);
        bool same = written.GetProperty("prefix").GetString() == prefix
            && (format.Values.Binary is not (Penstock.Debezium.Values.BinaryMode.Bytes or Penstock.Debezium.Values.BinaryMode.Base64) || written.GetProperty("content").GetBytesFromBase64().AsSpan().SequenceEqual(content));
        return same ? null : "prefix or content of a logical message differ";
    }

    private static uint Oid(byte[] message, WireField field) => BinaryPrimitives.ReadUInt32BigEndian(message.AsSpan(field.Offset));

    private sealed record JudgedRelation(uint Oid, string Schema, string Name, (string Name, uint Type)[] Columns)
    {
        public static JudgedRelation Read(byte[] message, WireField[] fields)
        {
            var names = fields.Where(f => f.Part == WirePart.Name).Select(f => Encoding.UTF8.GetString(message, f.Offset, f.Length - 1)).ToArray();
            uint[] types = [.. fields.Where(f => f.Part == WirePart.TypeOid).Select(f => EventJudge.Oid(message, f))];
            return new JudgedRelation(EventJudge.Oid(message, fields[1]), names[0].Length == 0 ? "pg_catalog" : names[0], names[1], [.. names.Skip(2).Zip(types)]);
        }
    }
}
