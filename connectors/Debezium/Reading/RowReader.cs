using System.Text;
using Penstock.Debezium.Reading.Fields;
using Penstock.Postgres.Apply;

namespace Penstock.Debezium.Reading;

/// <summary>Reads rows of one table: finds each column's value in the event and writes the fields in the order of the table.</summary>
internal sealed class RowReader
{
    private readonly TargetTable _table;
    private readonly byte[][] _names;
    private readonly FieldEncoder[] _encoders;
    private readonly JsonValue[] _values;
    private readonly Placeholders _placeholders;
    private readonly Func<string, bool> _isTaken;
    private readonly HashSet<string> _unknown = [];

    public RowReader(TargetTable table, IReadOnlyDictionary<string, FieldSchema>? schema, ReadingFormat format, Placeholders placeholders, Func<string, bool> isTaken)
    {
        _table = table;
        _placeholders = placeholders;
        _isTaken = isTaken;
        _names = [.. table.Columns.Select(column => Encoding.UTF8.GetBytes(System.Text.Json.JsonEncodedText.Encode(column.Name, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping).Value))];
        _encoders = [.. table.Columns.Select(column => FieldEncoders.Of(column, schema is not null && schema.TryGetValue(column.Name, out var field) ? field : null, format))];
        _values = new JsonValue[table.Columns.Count];
        for (int i = 0; i < _names.Length; i++)
        {
            // No member has an empty name: a column that is left out is never found.
            _names[i] = isTaken(table.Columns[i].Name) ? _names[i] : [];
        }
    }

    /// <summary>Fields of the last row that the table has no column for, and that nothing leaves out.</summary>
    public IReadOnlyCollection<string> Unknown => _unknown;

    /// <summary>Writes a row. Columns that the event does not tell are absent.</summary>
    /// <param name="json">The event's bytes.</param>
    /// <param name="row">The object in them.</param>
    /// <param name="output">Gets the fields.</param>
    /// <param name="keyOnly">Only the key's columns are of interest.</param>
    /// <returns>A value was left out by the source for its size.</returns>
    /// <exception cref="UnfitValueException">A value is not of its column's type.</exception>
    public bool Write(ReadOnlySpan<byte> json, in JsonValue row, ChangeBatch output, bool keyOnly)
    {
        Collect(json, row);
        bool isPartial = false;
        for (int i = 0; i < _values.Length; i++)
        {
            ref readonly var value = ref _values[i];
            if (value.Kind == JsonKind.None || (keyOnly && !_table.Key.Contains(i)))
            {
                Length(output, RowFields.Absent);
            }
            else if (value.Kind == JsonKind.Null)
            {
                Length(output, -1);
            }
            else if (_placeholders.Has(json, value))
            {
                isPartial = true;
                Length(output, RowFields.Absent);
            }
            else
            {
                try
                {
                    _encoders[i].Write(json, value, output);
                }
                catch (Exception unfit) when (unfit is UnfitValueException or OverflowException)
                {
                    throw new UnfitValueException($"column \"{_table.Columns[i].Name}\": {(unfit is OverflowException ? "a number is out of range" : unfit.Message)}");
                }
            }
        }

        return isPartial;
    }

    private void Collect(ReadOnlySpan<byte> json, in JsonValue row)
    {
        Array.Clear(_values);
        _unknown.Clear();
        var members = new JsonScanner(json, row);
        int expected = 0;
        while (members.TryNext(out var name, out var value))
        {
            int place = PlaceOf(name.In(json), expected);
            if (place < 0)
            {
                Unmatched(name.In(json));
                continue;
            }

            _values[place] = value;
            expected = place + 1;
        }
    }

    private int PlaceOf(ReadOnlySpan<byte> name, int expected)
    {
        if (expected < _names.Length && name.SequenceEqual(_names[expected]))
        {
            return expected;
        }

        for (int i = 0; i < _names.Length; i++)
        {
            if (name.SequenceEqual(_names[i]))
            {
                return i;
            }
        }

        return -1;
    }

    // Metadata of flattened events (__op, __deleted) is no column unless the table has it.
    private void Unmatched(ReadOnlySpan<byte> name)
    {
        if (name.StartsWith("__"u8) || _unknown.Count > 100)
        {
            return;
        }

        string text = Encoding.UTF8.GetString(name);
        if (_isTaken(text))
        {
            _unknown.Add(text);
        }
    }

    private static void Length(ChangeBatch output, int length)
    {
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(output.Free(sizeof(int)), length);
        output.Advance(sizeof(int));
    }
}
