using System.Globalization;
using System.Text;
using System.Text.Json;
using Penstock.Debezium.Events;

namespace Penstock.Debezium.Transforms;

/// <summary>Options of PartitionRouting: the partition from a hash over chosen fields of the envelope.</summary>
internal sealed class PartitionFields : Transform
{
    private PartitionFields(TransformOptions options)
    {
        string[] names = options.List("partition.payload.fields");
        Fields = names.Length > 0 ? [.. names.Select(n => Field(n, options))] : throw options.Wrong("partition.payload.fields", "is missing: which fields to hash, such as change.id");
        Partitions = options.Number("partition.topic.num", 1);
        Murmur = options.Text("partition.hash.function", "java") switch
        {
            "java" => false,
            "murmur" => true,
            _ => throw options.Wrong("partition.hash.function", "is neither java nor murmur"),
        };
    }

    /// <summary>Columns of the row named before the point (before, after, or change for the one that the event is about), or fields of the envelope.</summary>
    public (string Row, string Column, AddedField? Block)[] Fields { get; }

    /// <summary>Whether it looks at columns.</summary>
    public bool AsksForColumns => Array.Exists(Fields, f => f.Block is null);

    public int Partitions { get; }

    /// <summary>The hash function: murmur, else Java's.</summary>
    public bool Murmur { get; }

    public static PartitionFields Read(TransformOptions options) => new(options);

    public override TransformStage Open(StageTools tools) => new PartitionStage(this, tools);

    private static (string Row, string Column, AddedField? Block) Field(string name, TransformOptions options)
    {
        string[] path = name.Split('.', 2, StringSplitOptions.TrimEntries);
        return path.Length == 2 && path[0] is "change" or "before" or "after" ? (path[0], path[1], null)
            : path.Length == 2 || name is "op" or "ts_ms" or "ts_us" or "ts_ns"
                ? ("", "", AddedField.Parse(name, "") ?? throw options.Wrong("partition.payload.fields", $"names {name}, which is no field of an event"))
                : throw options.Wrong("partition.payload.fields", $"names {name}: a column is written change.{name}");
    }
}

/// <summary>PartitionRouting at work. A field that the event does not have, or that is null, does not count.</summary>
internal sealed class PartitionStage(PartitionFields options, StageTools tools) : TransformStage
{
    private readonly JsonScratch _value = new();

    /// <exception cref="TransformException">A field's type has no hash that is the same in every process.</exception>
    public override bool Apply(RecordDraft draft, scoped in RowChange change)
    {
        if (draft.Form != ValueForm.Decoded && (draft.Form != ValueForm.Envelope || change.Row is null))
        {
            return true;
        }

        int total = 0;
        bool any = false;
        foreach (var (row, column, block) in options.Fields)
        {
            any |= block is not null ? AddBlock(block, change, ref total)
                : draft.Decoded is { } decoded ? row != "before" && decoded.Columns.TryGetValue(column, out var value) && Add(value.Json, value.Schema.Type, column, ref total)
                : AddColumn(row, column, change, ref total);
        }

        if (any)
        {
            int positive = total & int.MaxValue;
            draft.Partition = (positive == int.MaxValue ? 0 : positive) % options.Partitions;
        }

        return true;
    }

    private bool AddBlock(AddedField block, scoped in RowChange change, ref int total)
    {
        var json = tools.Blocks.Find(block, change);
        // Read with the schema's default here, whatever the converter writes.
        return Add(block.IsSnapshotMarker && json.SequenceEqual("null"u8) ? "\"false\""u8 : json, block.Schema.Type, block.Name, ref total);
    }

    private bool AddColumn(string row, string column, scoped in RowChange change, ref int total)
    {
        var tuple = row switch { "before" => change.Before, "after" => change.After, _ => change.Row };
        if (tuple is null || Find(change.Plan.Row, column) is not { } slot)
        {
            return false;
        }

        tools.Rows.WriteColumn(slot, change.Message, tuple, tuple == change.After ? change.Toasted : null, _value.Begin());
        return Add(_value.Span, slot.Encoder.Schema.Type, column, ref total);
    }

    private static ColumnSlot? Find(ColumnSlot[] slots, string column)
    {
        foreach (var slot in slots)
        {
            if (slot.Name == column)
            {
                return slot;
            }
        }

        return null;
    }

    private bool Add(ReadOnlySpan<byte> json, string type, string name, ref int total)
    {
        if (json.SequenceEqual("null"u8))
        {
            return false;
        }

        var reader = new Utf8JsonReader(json);
        reader.Read();
        total = unchecked(total + (type == "string" ? HashText(ref reader, json.Length) : options.Murmur ? Murmur.Hash(Hash(ref reader, type, name)) : Hash(ref reader, type, name)));
        return true;
    }

    // Object.hashCode of the class that Connect keeps such a value in.
    private static int Hash(ref Utf8JsonReader reader, string type, string name) => type switch
    {
        "int8" or "int16" or "int32" => reader.GetInt32(),
        "int64" => Fold(reader.GetInt64()),
        "boolean" => reader.GetBoolean() ? 1231 : 1237,
        "float" when reader.TokenType == JsonTokenType.Number => BitConverter.SingleToInt32Bits(float.Parse(Encoding.UTF8.GetString(reader.ValueSpan), CultureInfo.InvariantCulture)),
        "double" when reader.TokenType == JsonTokenType.Number => Fold(BitConverter.DoubleToInt64Bits(reader.GetDouble())),
        _ => throw new TransformException($"partition.payload.fields names {name}, a {type}, which has no hash"),
    };

    private static int Fold(long value) => unchecked((int)(value ^ (value >>> 32)));

    private int HashText(ref Utf8JsonReader reader, int most)
    {
        // Text of a hashed column is short; one that is not costs an allocation.
        const int OnStack = 512;
        if (options.Murmur)
        {
            Span<byte> utf8 = most <= OnStack ? stackalloc byte[OnStack] : new byte[most];
            return Murmur.Hash(utf8[..reader.CopyString(utf8)]);
        }

        Span<char> text = most <= OnStack ? stackalloc char[OnStack] : new char[most];
        int hash = 0;
        foreach (char c in text[..reader.CopyString(text)])
        {
            hash = unchecked((31 * hash) + c);
        }

        return hash;
    }
}
