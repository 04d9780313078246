using System.Text;

namespace Penstock.Engine.Configuration;

/// <summary>
/// Certificates and keys as people put them into environment variables: real line ends, <c>\n</c> written out (tools that allow one line only), or the whole file in base64.
/// </summary>
public static class PemText
{
    private const string Begin = "-----BEGIN ";
    private const string End = "-----END ";

    /// <summary>Gives the PEM text with real line ends and one at the end; false when <paramref name="text"/> is none of the three forms.</summary>
    public static bool TryNormalise(string text, out string? pem)
    {
        if (TryUnfold(text, out pem))
        {
            return true;
        }

        var compact = string.Concat(text.Where(static c => !char.IsWhiteSpace(c)));
        var bytes = new byte[compact.Length];
        return Convert.TryFromBase64String(compact, bytes, out var written) && TryUnfold(Encoding.UTF8.GetString(bytes, 0, written), out pem);
    }

    private static bool TryUnfold(string text, out string? pem)
    {
        pem = null;
        if (!text.Contains(Begin, StringComparison.Ordinal) || !text.Contains(End, StringComparison.Ordinal))
        {
            return false;
        }

        pem = text.Replace("\\r", "", StringComparison.Ordinal).Replace("\\n", "\n", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal).Trim() + "\n";
        return true;
    }
}
