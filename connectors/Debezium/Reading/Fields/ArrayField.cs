using System.Buffers;

namespace Penstock.Debezium.Reading.Fields;

/// <summary>An array of any depth, as Postgres writes it: <c>{1,NULL,"x"}</c>.</summary>
internal sealed class ArrayField(ElementText element) : ComposedField
{
    private readonly ArrayBufferWriter<byte> _element = new();

    protected override void Compose(ReadOnlySpan<byte> text, in JsonValue value, IBufferWriter<byte> output)
    {
        if (value.Kind == JsonKind.Text)
        {
            // The array's own text.
            Plain(text, value, output);
            return;
        }

        if (value.Kind != JsonKind.Array)
        {
            throw Unfit(value, "an array");
        }

        output.Write("{"u8);
        bool isFirst = true;
        var elements = new JsonScanner(text, new JsonValue { Start = 0, Length = text.Length, Kind = JsonKind.Array });
        while (elements.TryNext(out var item))
        {
            output.Write(isFirst ? ""u8 : ","u8);
            isFirst = false;
            switch (item.Kind)
            {
                case JsonKind.Null:
                    output.Write("NULL"u8);
                    break;
                case JsonKind.Array:
                    Compose(item.In(text), item, output);
                    break;
                default:
                    _element.ResetWrittenCount();
                    element.Write(item.In(text), item, _element);
                    Quoted(_element.WrittenSpan, output);
                    break;
            }
        }

        output.Write("}"u8);
    }
}
