using Penstock.Debezium.Schemas;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>
/// An array with everything that it holds: inner arrays as arrays, NULLs as nulls (<see cref="CompatMode.Correct"/>). The schema is as deep as the column is declared
/// (<c>int[][]</c>: an array of arrays); Postgres does not hold values to that, so one of another depth is null. Lower bounds have no form and are left out, and counted.
/// </summary>
internal sealed class NestedArrayEncoder : WireEncoder
{
    private const int NullBytes = 4;

    private readonly ValueEncoder _element;
    private readonly byte _delimiter;
    private readonly int _dimensions;
    private bool _isLost;

    private NestedArrayEncoder(ValueEncoder element, byte delimiter, int dimensions, byte[]? unavailable)
        : base(SchemaOf(element, dimensions), [.. "[]"u8], unavailable)
    {
        _element = element;
        _delimiter = delimiter;
        _dimensions = dimensions;
        NeedsNullForUnavailable = unavailable is null;
    }

    public override bool NeedsNullForUnavailable { get; }

    /// <param name="element">Encoder of the elements.</param>
    /// <param name="delimiter">typdelim of the element type.</param>
    /// <param name="dimensions">attndims of the column; 0, as CREATE TABLE AS leaves it, counts as 1.</param>
    /// <param name="placeholder">Where the stand-in for an array that is not there comes from.</param>
    /// <param name="unavailable">The one that Debezium has for arrays of this type, null for none.</param>
    public static NestedArrayEncoder Of(ValueEncoder element, byte delimiter, int dimensions, Placeholder placeholder, byte[]? unavailable = null)
    {
        dimensions = Math.Max(dimensions, 1);
        unavailable ??= Unavailable(element, placeholder);
        for (int depth = dimensions; depth > 1 && unavailable is not null; depth--)
        {
            unavailable = [(byte)'[', .. unavailable, (byte)']'];
        }

        return new NestedArrayEncoder(element, delimiter, dimensions, unavailable);
    }

    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        int dimensions = ArrayText.Dimensions(text);
        if (dimensions != _dimensions && dimensions != 0)
        {
            output.Write("null"u8);
            return;
        }

        long lost = _element.Losses;
        _isLost = ArrayText.HasBounds(text);
        WriteItems(text, output);
        if (_isLost || _element.Losses != lost)
        {
            Lose();
        }
    }

    private void WriteItems(ReadOnlySpan<byte> text, SlabWriter output)
    {
        var items = new ArrayText(text, _delimiter);
        byte before = (byte)'[';
        for (var item = items.Next(out var element); item != ArrayItem.End; item = items.Next(out element))
        {
            output.WriteByte(before);
            before = (byte)',';
            if (item == ArrayItem.Nested)
            {
                WriteItems(element, output);
            }
            else if (item == ArrayItem.Null)
            {
                output.Write("null"u8);
            }
            else
            {
                WriteElement(item, element, output);
            }
        }

        output.Write(before == '[' ? "[]"u8 : "]"u8);
    }

    private void WriteElement(ArrayItem item, ReadOnlySpan<byte> element, SlabWriter output)
    {
        int start = output.RecordBytes;
        if (item == ArrayItem.Plain)
        {
            _element.Write(element, output);
        }
        else
        {
            ArrayEncoder.WriteUnescaped(_element, element, output);
        }

        // An element without a form, such as NaN in a Decimal, is a null among the others.
        _isLost |= output.RecordBytes - start == NullBytes && output.Slab!.Bytes.AsSpan(output.Position - NullBytes, NullBytes).SequenceEqual("null"u8);
    }

    private static SchemaNode SchemaOf(ValueEncoder element, int dimensions)
    {
        var node = new SchemaNode { Type = "array", Items = element.Schema with { Optional = true } };
        for (; dimensions > 1; dimensions--)
        {
            node = new SchemaNode { Type = "array", Items = node };
        }

        return node;
    }

    // Numbers: the codes of the placeholder's characters, as in Debezium's integer arrays. Others: one element that is the placeholder, where the type has one.
    private static byte[]? Unavailable(ValueEncoder element, Placeholder placeholder)
    {
        switch (element.Schema.Type)
        {
            case "int16" or "int32" or "int64":
                return placeholder.IntegerArray;
            case "float" or "double":
                return placeholder.FloatArray;
            default:
                byte[] one = JsonFragment.From(element.WriteUnavailable);
                return !one.AsSpan().SequenceEqual("null"u8) ? [(byte)'[', .. one, (byte)']'] : element.Schema.Type switch
                {
                    "string" => placeholder.TextArray,
                    // decimal.format=NUMERIC: bytes in the schema, numbers in the JSON.
                    "bytes" => placeholder.IntegerArray,
                    _ => null,
                };
        }
    }
}
