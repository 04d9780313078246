using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Penstock.Engine.Flow;

/// <summary>An event's identity (invariant 4), as headers, logs and errors write it: <c>0/16B3748:17</c>.</summary>
/// <param name="CommitLsn">Of the transaction; of a snapshot's row the snapshot's LSN.</param>
/// <param name="Ordinal">The record's place in it, from 0.</param>
public readonly record struct EventPosition(ulong CommitLsn, long Ordinal)
{
    /// <summary>The most bytes that <see cref="Format"/> writes.</summary>
    public const int MostBytes = 8 + 1 + 8 + 1 + 20;

    /// <summary>Writes it as ASCII.</summary>
    /// <param name="output">At least <see cref="MostBytes"/>.</param>
    /// <returns>Bytes written.</returns>
    public int Format(Span<byte> output)
    {
        Utf8Formatter.TryFormat((uint)(CommitLsn >> 32), output, out int length, 'X');
        output[length++] = (byte)'/';
        Utf8Formatter.TryFormat((uint)CommitLsn, output[length..], out int written, 'X');
        length += written;
        output[length++] = (byte)':';
        Utf8Formatter.TryFormat(Ordinal, output[length..], out written);
        return length + written;
    }

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static bool TryParse(string text, out EventPosition position)
    {
        position = default;
        int slash = text.IndexOf('/', StringComparison.Ordinal), colon = text.IndexOf(':', StringComparison.Ordinal);
        if (slash <= 0 || colon < slash
            || !uint.TryParse(text.AsSpan(0, slash), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint high)
            || !uint.TryParse(text.AsSpan(slash + 1, colon - slash - 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint low)
            || !long.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long ordinal))
        {
            return false;
        }

        position = new EventPosition(((ulong)high << 32) | low, ordinal);
        return true;
    }

    public override string ToString()
    {
        Span<byte> text = stackalloc byte[MostBytes];
        return Encoding.ASCII.GetString(text[..Format(text)]);
    }
}
