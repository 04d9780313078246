using System.Globalization;
using System.Text;

namespace Penstock.Engine.Operations;

/// <summary>
/// Writes <c>key=value</c> pairs as logfmt: a value is quoted when it holds anything but letters, digits and harmless signs, and escaped so that no text can break its
/// line, start another pair or move a terminal's cursor.
/// </summary>
public static class LogText
{
    /// <summary>Appends a pair, with a space before it unless it is the line's first.</summary>
    /// <param name="line">The line so far.</param>
    /// <param name="key">Any text; what is no letter, digit, dot, dash, underscore or # becomes an underscore.</param>
    /// <param name="value">Any text.</param>
    /// <param name="mostBytes">UTF-8 bytes of <paramref name="value"/> after escaping at most; the rest is cut and marked by "...".</param>
    public static void AppendPair(StringBuilder line, string key, string value, int mostBytes)
    {
        if (line.Length > 0)
        {
            line.Append(' ');
        }

        foreach (var c in key)
        {
            line.Append(char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-' or '#' ? c : '_');
        }

        line.Append('=');
        if (IsBare(value) && value.Length <= mostBytes)
        {
            line.Append(value);
            return;
        }

        line.Append('"');
        AppendEscaped(line, value, mostBytes);
        line.Append('"');
    }

    /// <summary>Appends <paramref name="text"/> with the escapes of JSON strings; characters outside ASCII stay, lone surrogates and line separators are escaped.</summary>
    internal static void AppendEscaped(StringBuilder line, string text, int mostBytes)
    {
        var bytes = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var isPair = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            var escape = isPair ? null : EscapeOf(text[i]);
            bytes += escape?.Length ?? (isPair ? 4 : text[i] < 0x80 ? 1 : text[i] < 0x800 ? 2 : 3);
            if (bytes > mostBytes)
            {
                line.Append("...");
                return;
            }

            if (isPair)
            {
                line.Append(text[i]).Append(text[++i]);
            }
            else if (escape is not null)
            {
                line.Append(escape);
            }
            else
            {
                line.Append(text[i]);
            }
        }
    }

    private static bool IsBare(string value)
    {
        foreach (var c in value)
        {
            if (!char.IsAsciiLetterOrDigit(c) && !"_-.,:;/@+*()[]{}<>#%~!?&|$^'".Contains(c, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return value.Length > 0;
    }

    private static string? EscapeOf(char c) => c switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\u2028' or '\u2029' => Unicode(c),
        _ when char.IsControl(c) || char.IsSurrogate(c) => Unicode(c),
        _ => null,
    };

    private static string Unicode(char c) => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
}
