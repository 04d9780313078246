using System.Globalization;

namespace Penstock.Postgres.Wal;

/// <summary>A write-ahead log position: a byte number, written as two hexadecimal halves, <c>16/B374D848</c>.</summary>
public readonly record struct Lsn(ulong Value)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Value >> 32:X}/{(uint)Value:X}");

    /// <summary>Reads <c>HIGH/LOW</c>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Lsn lsn)
    {
        int slash = text.IndexOf('/');
        if (slash > 0
            && uint.TryParse(text[..slash], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint high)
            && uint.TryParse(text[(slash + 1)..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint low))
        {
            lsn = new Lsn(((ulong)high << 32) | low);
            return true;
        }

        lsn = default;
        return false;
    }

    /// <summary>The number of a column of type pg_lsn as text; 0 for null.</summary>
    internal static ulong ValueOrZero(string? text) => text is not null && TryParse(text, out var lsn) ? lsn.Value : 0;
}
