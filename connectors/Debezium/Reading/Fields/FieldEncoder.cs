using System.Buffers.Binary;
using Penstock.Postgres.Apply;

namespace Penstock.Debezium.Reading.Fields;

/// <summary>A value of an event cannot be what its column holds. Says why, without the value.</summary>
public sealed class UnfitValueException(string message) : Exception(message);

/// <summary>Turns an event's value into the binary form of a column: a length and bytes, behind what the batch has.</summary>
internal abstract class FieldEncoder
{
    /// <summary>Writes the field. Null is written by the caller.</summary>
    /// <param name="json">The event's bytes.</param>
    /// <param name="value">The value in them.</param>
    /// <param name="output">Gets the field.</param>
    /// <exception cref="UnfitValueException">The value is not of this type.</exception>
    public virtual void Write(ReadOnlySpan<byte> json, in JsonValue value, ChangeBatch output)
    {
        var room = output.Free(sizeof(int) + MostBytes(value));
        int length = Encode(value.In(json), value, room[sizeof(int)..]);
        BinaryPrimitives.WriteInt32BigEndian(room, length);
        output.Advance(sizeof(int) + length);
    }

    /// <summary>The most bytes that <see cref="Encode"/> writes.</summary>
    protected abstract int MostBytes(in JsonValue value);

    /// <summary>Writes the value's bytes.</summary>
    /// <param name="text">The value; of a text what is between its quotes.</param>
    /// <param name="value">Its kind.</param>
    /// <param name="output">At least <see cref="MostBytes"/>.</param>
    /// <returns>Bytes written.</returns>
    protected abstract int Encode(ReadOnlySpan<byte> text, in JsonValue value, Span<byte> output);

    protected static UnfitValueException Unfit(in JsonValue value, string wanted) =>
        new($"the event has {value.Kind switch { JsonKind.Text => "a text", JsonKind.Number => "a number", JsonKind.Object => "an object", JsonKind.Array => "an array", _ => "a truth value" }} where {wanted} is expected");
}
