using System.Globalization;
using Penstock.Debezium.Schemas;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>pgvector's vector (as doubles) and halfvec (as floats): <c>[1,2.5,-3]</c>.</summary>
internal sealed class VectorEncoder : WireEncoder
{
    private readonly bool _isDouble;

    // No vector has no dimension: an empty one can stand for a value that is not there.
    private VectorEncoder(string itemType, string name, bool correct)
        : base(
            new SchemaNode { Type = "array", Items = new SchemaNode { Type = itemType }, Name = "io.debezium.data." + name, Version = 1 },
            [.. "[]"u8],
            correct ? [.. "[]"u8] : null)
    {
        _isDouble = itemType == "double";
    }

    public static VectorEncoder Doubles(bool correct) => new("double", "DoubleVector", correct);

    public static VectorEncoder Floats(bool correct) => new("float", "FloatVector", correct);

    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        if (text.Length < 3 || text[0] != '[' || text[^1] != ']')
        {
            throw UnrepresentableValueException.Not("a vector");
        }

        output.WriteByte((byte)'[');
        var rest = text[1..^1];
        for (int comma = rest.IndexOf((byte)','); comma >= 0; comma = rest.IndexOf((byte)','))
        {
            WriteElement(rest[..comma], output);
            output.WriteByte((byte)',');
            rest = rest[(comma + 1)..];
        }

        WriteElement(rest, output);
        output.WriteByte((byte)']');
    }

    private void WriteElement(ReadOnlySpan<byte> text, SlabWriter output)
    {
        if (_isDouble)
        {
            JavaFloatText.WriteDouble(text, output);
        }
        else
        {
            JavaFloatText.WriteFloat(text, output);
        }
    }
}

/// <summary>
/// pgvector's sparsevec, <c>{1:1.5,3:2}/5</c>: dimensions and pairs (capture A16). Debezium counts both in 16 bits; a vector beyond that is null.
/// </summary>
/// <param name="correct">Both are counted in 32 bits, and the pairs stand in the order of the dimensions. No vector has no dimension: that stands for a value that is not there.</param>
internal sealed class SparseVectorEncoder(bool correct) : WireEncoder(
    new SchemaNode
    {
        Type = "struct",
        Fields =
        [
            new() { Type = correct ? "int32" : "int16", Field = "dimensions" },
            new() { Type = "map", Keys = new SchemaNode { Type = correct ? "int32" : "int16" }, Values = new SchemaNode { Type = "double" }, Field = "vector" },
        ],
        Name = "io.debezium.data.SparseDoubleVector",
        Version = 1,
        Doc = "Sparse double vector",
    },
    [.. "null"u8],
    correct ? [.. "{\"dimensions\":0,\"vector\":[]}"u8] : null)
{
    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        int slash = text.LastIndexOf((byte)'/');
        if (slash < 2 || text[0] != '{' || text[slash - 1] != '}' || !TryReadCount(text[(slash + 1)..], out int dimensions))
        {
            throw Malformed();
        }

        if (!correct && dimensions > short.MaxValue)
        {
            output.Write("null"u8);
            return;
        }

        output.Write("{\"dimensions\":"u8);
        JsonNumber.Write(dimensions, output);
        output.Write(",\"vector\":["u8);
        WritePairs(text[1..(slash - 1)], dimensions, output);
        output.Write("]}"u8);
    }

    // HashMap order of small positive keys: by the key modulo the table, and the table is at least as large as 4/3 of the entries. A table of one bucket keeps the order of the text.
    private void WritePairs(ReadOnlySpan<byte> pairs, int dimensions, SlabWriter output)
    {
        if (pairs.IsEmpty)
        {
            return;
        }

        int count = pairs.Count((byte)',') + 1;
        int table = correct ? 1 : HashOrder.TableSizeFor(count, presized: true);
        var order = new HashOrder(count);
        try
        {
            for (int start = 0; start <= pairs.Length;)
            {
                int length = Read(pairs[start..], out int key, out _);
                if (key > dimensions)
                {
                    throw Malformed();
                }

                order.Add(key & (table - 1), start);
                start += length + 1;
            }

            byte before = (byte)'[';
            foreach (ulong entry in order.Sorted())
            {
                Read(pairs[(int)(uint)entry..], out int key, out var value);
                output.WriteByte(before);
                output.Write(before == '[' ? default : "["u8);
                before = (byte)',';
                JsonNumber.Write(key, output);
                output.WriteByte((byte)',');
                JavaFloatText.WriteDouble(value, output);
                output.WriteByte((byte)']');
            }
        }
        finally
        {
            order.Release();
        }
    }

    /// <summary>Reads the pair at the front and returns its length.</summary>
    private static int Read(ReadOnlySpan<byte> pairs, out int key, out ReadOnlySpan<byte> value)
    {
        int end = pairs.IndexOf((byte)',');
        var pair = end < 0 ? pairs : pairs[..end];
        int colon = pair.IndexOf((byte)':');
        if (colon < 1 || !TryReadCount(pair[..colon], out key))
        {
            throw Malformed();
        }

        value = pair[(colon + 1)..];
        return pair.Length;
    }

    private static bool TryReadCount(ReadOnlySpan<byte> text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private static UnrepresentableValueException Malformed() => UnrepresentableValueException.Not("a sparsevec");
}
