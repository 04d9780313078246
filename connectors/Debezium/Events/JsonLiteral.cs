using System.Globalization;
using System.Text;

namespace Penstock.Debezium.Events;

/// <summary>JSON text of names and options, made once when they become known; escapes as JsonConverter does (capture A24).</summary>
internal static class JsonLiteral
{
    /// <summary>The string in quotes.</summary>
    public static string Quote(string text)
    {
        var json = new StringBuilder(text.Length + 2);
        json.Append('"');
        foreach (char c in text)
        {
            switch (c)
            {
                case '"':
                    json.Append("\\\"");
                    break;
                case '\\':
                    json.Append("\\\\");
                    break;
                case '\b':
                    json.Append("\\b");
                    break;
                case '\t':
                    json.Append("\\t");
                    break;
                case '\n':
                    json.Append("\\n");
                    break;
                case '\f':
                    json.Append("\\f");
                    break;
                case '\r':
                    json.Append("\\r");
                    break;
                default:
                    if (c < ' ' || char.IsSurrogate(c))
                    {
                        json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}");
                    }
                    else
                    {
                        json.Append(c);
                    }

                    break;
            }
        }

        return json.Append('"').ToString();
    }

    public static byte[] Bytes(string json) => Encoding.UTF8.GetBytes(json);
}
