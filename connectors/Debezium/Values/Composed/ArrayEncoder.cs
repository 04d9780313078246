using System.Buffers;
using Penstock.Debezium.Schemas;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>How the arrays of an element type deviate from "one JSON value for each element".</summary>
/// <param name="ItemsOptional">Whether the schema lets elements be null; where not, a null element makes the array null (capture A9).</param>
/// <param name="NullSpoilsArray">A null element makes the array null although the schema would allow it (ltree).</param>
/// <param name="SpecialSpoilsArray">NaN or an infinity among the elements makes the array null (numeric).</param>
/// <param name="JavaClass">
/// Class of the Java array that an inner array is read as, where Debezium writes its identity in place of the inner array (capture A8); null where an inner
/// array becomes null.
/// </param>
/// <param name="Delimiter">typdelim.</param>
internal sealed record ArrayTraits(
    bool ItemsOptional = true,
    bool NullSpoilsArray = false,
    bool SpecialSpoilsArray = false,
    string? JavaClass = null,
    byte Delimiter = (byte)',');

/// <summary>An array of any element type that Debezium knows, as Debezium writes it; <see cref="NestedArrayEncoder"/> is the other.</summary>
internal sealed class ArrayEncoder : WireEncoder
{
    private readonly ValueEncoder _element;
    private readonly ArrayTraits _traits;
    private readonly byte[]? _identity;
    private readonly bool _looksAhead;

    public ArrayEncoder(ValueEncoder element, ArrayTraits traits, byte[]? unavailable)
        : base(new SchemaNode { Type = "array", Items = element.Schema with { Optional = traits.ItemsOptional } }, [.. "[]"u8], unavailable)
    {
        _element = element;
        _traits = traits;
        // The identity differs from object to object and run to run; 0 is as good as any.
        _identity = traits.JavaClass is null ? null : System.Text.Encoding.ASCII.GetBytes($"L{traits.JavaClass};@0\"");
        _looksAhead = !traits.ItemsOptional || traits.NullSpoilsArray || traits.SpecialSpoilsArray;
    }

    public override void Write(ReadOnlySpan<byte> text, SlabWriter output)
    {
        if (_looksAhead && IsSpoilt(text))
        {
            output.Write("null"u8);
            return;
        }

        long lost = _element.Losses;
        bool isLost = ArrayText.HasBounds(text);
        var items = new ArrayText(text, _traits.Delimiter);
        byte before = (byte)'[';
        for (var item = items.Next(out var element); item != ArrayItem.End; item = items.Next(out element))
        {
            output.WriteByte(before);
            before = (byte)',';
            switch (item)
            {
                case ArrayItem.Null:
                    output.Write("null"u8);
                    break;
                case ArrayItem.Nested:
                    WriteNested(element, output);
                    isLost = true;
                    break;
                case ArrayItem.Plain:
                    _element.Write(element, output);
                    break;
                default:
                    WriteUnescaped(_element, element, output);
                    break;
            }
        }

        output.Write(before == '[' ? "[]"u8 : "]"u8);
        if (isLost || _element.Losses != lost)
        {
            Lose();
        }
    }

    /// <summary>Java puts one bracket before the class for each dimension that is left.</summary>
    private void WriteNested(ReadOnlySpan<byte> array, SlabWriter output)
    {
        if (_identity is null)
        {
            output.Write("null"u8);
            return;
        }

        output.WriteByte((byte)'"');
        for (int i = 0; array[i] == '{'; i++)
        {
            output.WriteByte((byte)'[');
        }

        output.Write(_identity);
    }

    /// <summary>Writes an element of which the text has backslashes before some bytes.</summary>
    internal static void WriteUnescaped(ValueEncoder encoder, ReadOnlySpan<byte> element, SlabWriter output)
    {
        byte[] plain = ArrayPool<byte>.Shared.Rent(element.Length);
        try
        {
            int length = 0;
            for (int i = 0; i < element.Length; i++)
            {
                if (element[i] == '\\')
                {
                    i++;
                }

                plain[length++] = element[i];
            }

            encoder.Write(plain.AsSpan(0, length), output);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(plain);
        }
    }

    private bool IsSpoilt(ReadOnlySpan<byte> text)
    {
        var items = new ArrayText(text, _traits.Delimiter);
        for (var item = items.Next(out var element); item != ArrayItem.End; item = items.Next(out element))
        {
            bool isNull = item == ArrayItem.Null || (item == ArrayItem.Nested && _traits.JavaClass is null);
            if ((isNull && (!_traits.ItemsOptional || _traits.NullSpoilsArray)) || (_traits.SpecialSpoilsArray && JavaFloatText.IsSpecial(element)))
            {
                return true;
            }
        }

        return false;
    }
}
