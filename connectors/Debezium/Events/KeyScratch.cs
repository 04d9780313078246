using System.Globalization;
using System.Text;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Events;

/// <summary>
/// Room for one key outside of the output: keys are compared there, and rewritten into the text that Connect's SimpleHeaderConverter makes of a struct.
/// </summary>
/// <remarks>
/// The header's text is the key's JSON but for two things (capture A27): strings escape nothing but quote and backslash, and some numbers are written otherwise (<see cref="Values.HeaderValue"/>).
/// </remarks>
internal sealed class KeyScratch
{
    // A Postgres index entry is at most 2.7 kB, so a key that comes from an index fits many times; a key chosen by message.key.columns may be longer and then gets an oversized slab.
    private const int ScratchBytes = 16 * 1024;

    private readonly SlabWriter _writer = new(new SlabPool("key scratch", ScratchBytes, 1), "decoder");
    private byte[] _text = new byte[256];
    private int _length;

    /// <summary>Bytes of the key kept here.</summary>
    public ReadOnlySpan<byte> Span => _text.AsSpan(0, _length);

    /// <summary>Keeps the key's JSON.</summary>
    public void SetJson(RelationPlan plan, RowWriter rows, ReadOnlySpan<byte> message, Tuple tuple, Tuple? old)
    {
        Begin();
        rows.Write(plan.Key, plan.KeyClose, message, tuple, old, _writer);
        _length = 0;
        Append(Written());
        Release();
    }

    /// <summary>Keeps the key's header text.</summary>
    public void SetHeader(RelationPlan plan, RowWriter rows, ReadOnlySpan<byte> message, Tuple tuple, Tuple? old)
    {
        _length = 0;
        Begin();
        rows.Write(plan.HeaderKey, plan.KeyClose, message, tuple, old, _writer);
        AppendUnescaped(Written());
        Release();
    }

    // Forgets what a refused value has left.
    private void Begin()
    {
        _writer.AbandonRecord();
        _writer.BeginRecord();
    }

    private ReadOnlySpan<byte> Written() => _writer.Slab!.Bytes.AsSpan(_writer.RecordStart, _writer.RecordBytes);

    private void Release()
    {
        if (_writer.Slab!.Oversized)
        {
            _writer.Detach()!.Return();
        }
        else
        {
            _writer.AbandonRecord();
        }
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_text.Length - _length < bytes.Length)
        {
            Array.Resize(ref _text, Math.Max(_text.Length * 2, _length + bytes.Length));
        }

        bytes.CopyTo(_text.AsSpan(_length));
        _length += bytes.Length;
    }

    // JSON's escapes other than \" and \\ become the characters they stand for.
    private void AppendUnescaped(ReadOnlySpan<byte> json)
    {
        Span<byte> utf8 = stackalloc byte[4];
        while (json.IndexOf((byte)'\\') is >= 0 and var at)
        {
            Append(json[..at]);
            char escape = (char)json[at + 1];
            if (escape != 'u')
            {
                ReadOnlySpan<byte> text = escape switch
                {
                    'n' => "\n"u8,
                    't' => "\t"u8,
                    'r' => "\r"u8,
                    'b' => "\b"u8,
                    'f' => "\f"u8,
                    '"' => "\\\""u8,
                    _ => "\\\\"u8,
                };
                Append(text);
                json = json[(at + 2)..];
                continue;
            }

            int unit = CodeUnit(json[(at + 2)..]);
            json = json[(at + 6)..];
            int rune = unit;
            if (char.IsHighSurrogate((char)unit))
            {
                rune = char.ConvertToUtf32((char)unit, (char)CodeUnit(json[2..]));
                json = json[6..];
            }

            Append(utf8[..new Rune(rune).EncodeToUtf8(utf8)]);
        }

        Append(json);
    }

    private static int CodeUnit(ReadOnlySpan<byte> digits) => int.Parse(digits[..4], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
