using System.Buffers.Binary;
using System.Text;
using Penstock.DebeziumTests.Values;

namespace Penstock.DebeziumTests.Events.Fuzz;

/// <summary>Breaks messages: blindly (bits, cuts, insertions), and where it hurts (lengths that lie, kinds, counts, texts of other types, broken characters, names, types of relations).</summary>
internal sealed class Mutation(Random random)
{
    // One value in this many is far longer than a slab.
    private const int LongValueEvery = 2_000;

    private static readonly byte[][] Awkward =
    [
        [0], [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [.. "ab\0cd"u8], [.. "\\"u8], [.. "\""u8], [.. "{\""u8], [.. "{\\"u8],
        .. new[]
        {
            new string('9', 400), "-" + new string('9', 400) + "." + new string('9', 400), "1e400", "-1e-400", "0." + new string('0', 2000) + "1", new string('{', 3000) + new string('}', 3000),
            new string('[', 3000), "999999-01-01", "294277-01-01 00:00:00", "-178000000 years", "2147483647 mons -2147483648 days +2562047788:00:54.775807", "00:00:00+15:59:59",
            "1970-01-01 00:00:60", "\"a\"=>", "\"\"=>\"\", \"\"=>\"\"", "{,}", "{1,}", "{}}", "[1:0]={}", "(,)", "(1e308,1e-308)", "[1,2", "{1:1}/0", "{9999999:1}/1", "$92,233,720,368,547,758.07",
            "($1.00)", "\\x", "\\xg", "\\xabc", "{\"a\":", "[]", "{\"a\":1e999,\"b\":[1,\"x\"],\"a\":2}", "NULL", "null", "true", "0000-00-00", "infinity", "-infinity", "24:00:00.000001",
            string.Concat(Enumerable.Range(0, 200).Select(i => $"\"k{i}\"=>\"v\", ")) + "\"z\"=>NULL", "{" + string.Join(',', Enumerable.Repeat("NULL", 500)) + "}",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    private static readonly int[] Lies = [-1, 0, 1, 2, 3, 255, 256, 32767, 65535, 0x0FFF_FFFF, 0x3FFF_FFFF, 0x4000_0000, int.MaxValue, int.MaxValue - 3, int.MinValue];

    private byte[] _bytes = new byte[1 << 16];
    private int _length;
    private FuzzMessage[] _others = [];

    /// <summary>The stream whose texts and messages are mixed in.</summary>
    public void Use(FuzzStream stream) => _others = stream.Messages;

    /// <summary>A broken version of the message, valid until the next call; it differs in at least a byte.</summary>
    public ReadOnlySpan<byte> Mutate(FuzzMessage message)
    {
        do
        {
            _length = 0;
            Insert(0, message.Bytes);
            int style = random.Next(10);
            // Gentle changes mostly get through the framing and the encoders, and are then compared; the others mostly have to be refused.
            BreakFields(message, style < 5 ? random.Next(1, 3) : style < 8 ? random.Next(1, 4) : 0, gently: style < 5);
            for (int times = style < 7 ? 0 : random.Next(1, 4); times > 0; times--)
            {
                BreakAnywhere();
            }
        }
        while (_bytes.AsSpan(0, _length).SequenceEqual(message.Bytes));

        return _bytes.AsSpan(0, _length);
    }

    /// <summary>A Relation message with other types for its columns, so that rows meet encoders of other types' texts.</summary>
    public ReadOnlySpan<byte> Retype(FuzzMessage relation)
    {
        _length = 0;
        Insert(0, relation.Bytes);
        foreach (var field in relation.Fields)
        {
            if (field.Part == WirePart.TypeOid && random.Next(2) == 0)
            {
                BinaryPrimitives.WriteUInt32BigEndian(_bytes.AsSpan(field.Offset), Pick(SampleValues.Oids));
            }
            else if (field.Part == WirePart.Modifier && random.Next(4) == 0)
            {
                BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(field.Offset), Pick(SampleValues.Modifiers));
            }
        }

        return _bytes.AsSpan(0, _length);
    }

    private void BreakFields(FuzzMessage message, int places, bool gently)
    {
        // From the back to the front, so that the places before the change stay where they are.
        int last = message.Fields.Length;
        for (int i = 0; i < places && last > 0; i++)
        {
            last = random.Next(last);
            int value = gently || random.Next(2) == 0 ? Array.FindLastIndex(message.Fields, last, f => f.Part is WirePart.Text or WirePart.Number) : -1;
            last = value >= 0 ? value : last;
            if (gently)
            {
                Change(message.Fields[last], message.Bytes[0] is (byte)'I' or (byte)'U' or (byte)'D');
            }
            else
            {
                Break(message.Fields[last]);
            }
        }
    }

    // Other values of the same kind: digits for digits, letters for letters, a NULL or an unchanged TOASTed value instead, a further type that a column may have.
    private void Change(WireField field, bool row)
    {
        if (field.Part is not WirePart.Text)
        {
            if (field.Part is not (WirePart.Count or WirePart.Type or WirePart.TupleKind or WirePart.Name or WirePart.RelationOid))
            {
                Break(field);
            }

            return;
        }

        if (row && random.Next(6) == 0)
        {
            Replace(field.Offset - 5, field.Length + 5, [Pick((byte)'n', (byte)'n', (byte)'u')]);
            return;
        }

        for (int times = random.Next(1, 4); times > 0 && field.Length > 0; times--)
        {
            ref byte one = ref _bytes[field.Offset + random.Next(field.Length)];
            one = one switch
            {
                >= (byte)'0' and <= (byte)'9' => (byte)('0' + random.Next(10)),
                >= (byte)'a' and <= (byte)'z' => (byte)('a' + random.Next(26)),
                >= (byte)'A' and <= (byte)'Z' => (byte)('A' + random.Next(26)),
                _ => one,
            };
        }
    }

    private void Break(WireField field)
    {
        switch (field.Part)
        {
            case WirePart.Length:
                Lie(field, 4);
                break;
            case WirePart.Count:
                Lie(field, field.Length);
                break;
            case WirePart.Text:
                BreakText(field);
                break;
            case WirePart.Name:
                BreakName(field);
                break;
            case WirePart.Type or WirePart.TupleKind or WirePart.ColumnKind:
                _bytes[field.Offset] = random.Next(4) == 0 ? (byte)random.Next(256) : Pick("tnubIUDRTMBCOYKN "u8.ToArray());
                break;
            case WirePart.TypeOid:
                BinaryPrimitives.WriteUInt32BigEndian(_bytes.AsSpan(field.Offset), random.Next(8) == 0 ? (uint)random.Next() : Pick(SampleValues.Oids));
                break;
            case WirePart.Modifier:
                BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(field.Offset), random.Next(2) == 0 ? Pick(SampleValues.Modifiers) : Pick(Lies));
                break;
            default:
                random.NextBytes(_bytes.AsSpan(field.Offset + random.Next(field.Length), 1));
                break;
        }
    }

    private void Lie(WireField field, int width)
    {
        var target = _bytes.AsSpan(field.Offset, width);
        int now = width == 2 ? BinaryPrimitives.ReadInt16BigEndian(target) : BinaryPrimitives.ReadInt32BigEndian(target);
        int lie = random.Next(4) switch { 0 => now + 1, 1 => now - 1, 2 => Pick(Lies), _ => _length - field.Offset - width + random.Next(-1, 2) };
        if (width == 2)
        {
            BinaryPrimitives.WriteInt16BigEndian(target, (short)lie);
        }
        else
        {
            BinaryPrimitives.WriteInt32BigEndian(target, lie);
        }
    }

    // The length before the text stays true: what is inside has to be judged by the type's encoder.
    private void BreakText(WireField field)
    {
        int length = field.Length;
        if (random.Next(LongValueEvery) == 0)
        {
            byte[] text = OtherText();
            int times = Math.Min((70_000 + random.Next(100_000)) / Math.Max(text.Length, 1), 100_000);
            byte[] repeated = new byte[times * text.Length];
            for (int i = 0; i < times; i++)
            {
                text.CopyTo(repeated, i * text.Length);
            }

            length = Replace(field.Offset, length, repeated);
        }
        else if (length == 0 || random.Next(2) == 0)
        {
            length = Replace(field.Offset, length, OtherText());
        }
        else
        {
            int at = field.Offset + random.Next(length);
            switch (random.Next(6))
            {
                case 0:
                    _bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    length += Replace(at, 0, Pick(Awkward));
                    break;
                case 2:
                    int cut = random.Next(1, field.Offset + length - at + 1);
                    Remove(at, cut);
                    length -= cut;
                    break;
                case 3:
                    length += Replace(at, 0, [Pick("0123456789-+:.,{}[]()\"\\ eEnNtfx/TZ"u8.ToArray())]);
                    break;
                case 4:
                    _bytes[at] = Pick("0123456789-+:.,{}[]()\"\\ eEnNtfx/TZ"u8.ToArray());
                    break;
                default:
                    length += Replace(at, 0, _bytes.AsSpan(field.Offset, length).ToArray());
                    break;
            }
        }

        BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(field.Offset - 4), length);
    }

    private void BreakName(WireField field)
    {
        byte[] name = random.Next(5) switch
        {
            0 => [],
            1 => [.. Encoding.UTF8.GetBytes(new string('n', random.Next(1, 3000)))],
            2 => [.. Pick(Awkward).Where(b => b != 0)],
            3 => OtherName(),
            _ => [.. "a.b\"c\\d\n"u8],
        };
        Replace(field.Offset, field.Length - 1, name);
    }

    private void BreakAnywhere()
    {
        if (_length == 0)
        {
            Insert(0, [(byte)random.Next(256)]);
            return;
        }

        int at = random.Next(_length);
        switch (random.Next(7))
        {
            case 0:
                _bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                _bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                _length = at;
                break;
            case 3:
                Insert(at, [(byte)random.Next(256)]);
                break;
            case 4:
                Remove(at, random.Next(1, _length - at + 1));
                break;
            case 5:
                Insert(at, _bytes.AsSpan(at, random.Next(1, Math.Min(64, _length - at) + 1)).ToArray());
                break;
            default:
                byte[] other = Pick(_others).Bytes;
                int from = random.Next(other.Length);
                Insert(at, other.AsSpan(from, random.Next(1, Math.Min(256, other.Length - from) + 1)));
                break;
        }
    }

    private byte[] OtherText()
    {
        if (random.Next(3) == 0)
        {
            return Pick(Awkward);
        }

        return random.Next(2) == 0 ? Pick(SampleValues.Utf8) : OtherPart(WirePart.Text) ?? [];
    }

    private byte[] OtherName() => OtherPart(WirePart.Name) is { } name ? name[..^1] : [];

    private byte[]? OtherPart(WirePart part)
    {
        var message = Pick(_others);
        var field = Pick(message.Fields);
        return field.Part == part ? message.Bytes.AsSpan(field.Offset, field.Length).ToArray() : null;
    }

    private T Pick<T>(params T[] all) => all[random.Next(all.Length)];

    private int Replace(int at, int length, ReadOnlySpan<byte> with)
    {
        Remove(at, length);
        Insert(at, with);
        return with.Length;
    }

    private void Remove(int at, int length)
    {
        _bytes.AsSpan(at + length, _length - at - length).CopyTo(_bytes.AsSpan(at));
        _length -= length;
    }

    private void Insert(int at, ReadOnlySpan<byte> bytes)
    {
        if (_length + bytes.Length > _bytes.Length)
        {
            Array.Resize(ref _bytes, 2 * (_length + bytes.Length));
        }

        _bytes.AsSpan(at, _length - at).CopyTo(_bytes.AsSpan(at + bytes.Length));
        bytes.CopyTo(_bytes.AsSpan(at));
        _length += bytes.Length;
    }
}
