using System.Text;

namespace Penstock.Debezium.Snapshots;

/// <summary>
/// Reads a table's name as Debezium does (its TableIdParser): parts with dots between, each bare or in quotes of one of three kinds, doubled inside. A bare part ends at white space:
/// <c>public.Mixed Case</c> is no name, <c>"public"."Mixed Case"</c> is (capture B9).
/// </summary>
public static class TableIdentifier
{
    /// <summary>False for what is no name of two parts, or of three with the database in front.</summary>
    public static bool TryParse(string text, out string schema, out string table)
    {
        schema = table = "";
        var parts = new List<string>();
        int at = 0;
        while (TryPart(text, ref at, out string? part))
        {
            parts.Add(part!);
            SkipSpace(text, ref at);
            if (at == text.Length)
            {
                if (parts.Count is not (2 or 3))
                {
                    return false;
                }

                (schema, table) = (parts[^2], parts[^1]);
                return true;
            }

            if (text[at++] != '.')
            {
                return false;
            }
        }

        return false;
    }

    private static bool TryPart(string text, ref int at, out string? part)
    {
        part = null;
        SkipSpace(text, ref at);
        if (at == text.Length || text[at] == '.')
        {
            return false;
        }

        if (text[at] is '"' or '\'' or '`')
        {
            return TryQuoted(text, ref at, out part);
        }

        int start = at;
        while (at < text.Length && text[at] != '.' && !char.IsWhiteSpace(text[at]))
        {
            at++;
        }

        part = text[start..at];
        return true;
    }

    private static bool TryQuoted(string text, ref int at, out string? part)
    {
        char quote = text[at++];
        var name = new StringBuilder();
        for (; at < text.Length; at++)
        {
            if (text[at] == quote)
            {
                if (at + 1 == text.Length || text[at + 1] != quote)
                {
                    at++;
                    part = name.ToString();
                    return true;
                }

                at++;
            }

            name.Append(text[at]);
        }

        part = null;
        return false;
    }

    private static void SkipSpace(string text, ref int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
        {
            at++;
        }
    }
}
