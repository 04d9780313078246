using System.Text;
using Penstock.Debezium.Events;
using Penstock.Debezium.Schemas;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Transforms;

/// <summary>How the keys of one kind of record are written: a struct of columns, and members that are the same for all of them. Never changes; a transform makes another one.</summary>
internal sealed class KeyShape
{
    private readonly string _members;
    private readonly bool _withSchema;

    /// <param name="schema">The struct's schema, columns first.</param>
    /// <param name="slots">The columns; empty where the key's own writer writes the first members.</param>
    /// <param name="members">Members behind the columns, each with a comma before it.</param>
    /// <param name="withSchema">Whether the schema is written.</param>
    public KeyShape(SchemaNode schema, ColumnSlot[] slots, string members, bool withSchema)
    {
        (Schema, Slots, _members, _withSchema) = (schema, slots, members, withSchema);
        Open = RelationPlanner.PayloadOpen(withSchema, schema, "");
        Close = JsonLiteral.Bytes(members + (withSchema ? "}}" : "}"));
    }

    public SchemaNode Schema { get; }

    public ColumnSlot[] Slots { get; }

    /// <summary>Everything up to the struct: empty, or <c>{"schema":...,"payload":</c>.</summary>
    public byte[] Open { get; }

    /// <summary>Everything behind the first members, the ends included.</summary>
    public byte[] Close { get; }

    /// <summary>The key under another schema name, with a further member if <paramref name="field"/> is not null.</summary>
    public KeyShape Routed(string schemaName, string? field, string value) => field is null
        ? new KeyShape(Schema with { Name = schemaName }, Slots, _members, _withSchema)
        : new KeyShape(
            Schema with { Name = schemaName, Fields = [.. Schema.Fields, new SchemaNode { Type = "string", Field = field }] },
            Slots,
            $"{_members},{JsonLiteral.Quote(field)}:{JsonLiteral.Quote(value)}",
            _withSchema);

    /// <summary>The key without some of its columns.</summary>
    /// <param name="dropped">One for each column, not 0 where it goes.</param>
    public KeyShape Without(ReadOnlySpan<byte> dropped)
    {
        var slots = new List<ColumnSlot>();
        var fields = new List<SchemaNode>();
        for (int i = 0; i < Schema.Fields.Length; i++)
        {
            if (i >= Slots.Length || dropped[i] == 0)
            {
                fields.Add(Schema.Fields[i]);
                if (i < Slots.Length)
                {
                    slots.Add(Slots[i]);
                }
            }
        }

        return new KeyShape(Schema with { Fields = [.. fields] }, [.. slots], _members, _withSchema);
    }

    /// <summary>Writes the key of a row.</summary>
    public void Write(RowWriter rows, scoped in RowChange change, SlabWriter output)
    {
        output.Write(Open);
        int start = output.RecordBytes;
        if (Slots.Length == 0)
        {
            output.Write(_members.Length == 0 ? "{"u8 : default);
        }
        else
        {
            rows.Write(Slots, default, change.Message, change.Row!, change.RowToasted, output);
        }

        output.Write(Close);
        OpenBrace(output, start);
    }

    /// <summary>Makes a brace of the comma that stands before the first member: the columns before it were dropped.</summary>
    public static void OpenBrace(SlabWriter output, int start) => output.Slab!.Bytes[output.RecordStart + start] = (byte)'{';

    public override string ToString() => Encoding.UTF8.GetString(Close);
}
