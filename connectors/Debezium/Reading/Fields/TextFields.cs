using System.Buffers;
using System.Buffers.Text;

namespace Penstock.Debezium.Reading.Fields;

/// <summary>Text as it is; of other kinds of values their JSON, which is also what the input functions of numbers, truth values and JSON read.</summary>
internal sealed class TextField : FieldEncoder
{
    protected override int MostBytes(in JsonValue value) => value.Length;

    protected override int Encode(ReadOnlySpan<byte> text, in JsonValue value, Span<byte> output)
    {
        if (value.HasEscapes)
        {
            return JsonTextReader.Unescape(text, output);
        }

        text.CopyTo(output);
        return text.Length;
    }
}

/// <summary>jsonb: a version, then the text.</summary>
internal sealed class JsonBinaryField : FieldEncoder
{
    protected override int MostBytes(in JsonValue value) => 1 + value.Length;

    protected override int Encode(ReadOnlySpan<byte> text, in JsonValue value, Span<byte> output)
    {
        output[0] = 1;
        if (value.HasEscapes)
        {
            return 1 + JsonTextReader.Unescape(text, output[1..]);
        }

        text.CopyTo(output[1..]);
        return 1 + text.Length;
    }
}

/// <summary>uuid: 16 bytes.</summary>
internal sealed class UuidField : FieldEncoder
{
    protected override int MostBytes(in JsonValue value) => 16;

    protected override int Encode(ReadOnlySpan<byte> text, in JsonValue value, Span<byte> output)
    {
        if (value.Kind != JsonKind.Text || !Utf8Parser.TryParse(text, out Guid uuid, out int used) || used != text.Length)
        {
            throw Unfit(value, "a uuid");
        }

        uuid.TryWriteBytes(output, bigEndian: true, out _);
        return 16;
    }
}

/// <summary>bytea from base64, either alphabet, or from hexadecimal digits.</summary>
internal sealed class BytesField(BinaryText form) : FieldEncoder
{
    protected override int MostBytes(in JsonValue value) => value.Length;

    protected override int Encode(ReadOnlySpan<byte> text, in JsonValue value, Span<byte> output)
    {
        if (value.Kind != JsonKind.Text)
        {
            throw Unfit(value, "bytes as text");
        }

        if (form == BinaryText.Hex)
        {
            return Convert.FromHexString(text, output, out _, out int bytes) == OperationStatus.Done ? bytes : throw new UnfitValueException("a text is not hexadecimal: is PENSTOCK_BINARY_HANDLING_MODE that of the source?");
        }

        return FromBase64(text, value.HasEscapes, output);
    }

    /// <summary>Decodes either alphabet, with or without padding.</summary>
    public static int FromBase64(ReadOnlySpan<byte> text, bool hasEscapes, Span<byte> output)
    {
        int written;
        if (!hasEscapes && Base64.DecodeFromUtf8(text, output, out int used, out written) == OperationStatus.Done && used == text.Length)
        {
            return written;
        }

        byte[] copy = ArrayPool<byte>.Shared.Rent(text.Length + 1);
        try
        {
            int length = JsonTextReader.Unescape(text, copy);
            var plain = copy.AsSpan(0, length);
            plain.Replace((byte)'+', (byte)'-');
            plain.Replace((byte)'/', (byte)'_');
            return Base64Url.DecodeFromUtf8(plain, output, out used, out written) == OperationStatus.Done && used == length
                ? written
                : throw new UnfitValueException("a text is not base64: is PENSTOCK_BINARY_HANDLING_MODE that of the source?");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }
}
