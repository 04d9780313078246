using System.Text;

namespace Penstock.Debezium.Transforms;

/// <summary>Replacement texts of Java's regular expressions: <c>$1</c>, <c>${name}</c>, and a backslash before what is meant literally.</summary>
internal static class JavaReplacement
{
    /// <summary>The same as .NET writes it.</summary>
    public static string ToNet(string java)
    {
        var net = new StringBuilder(java.Length);
        for (int i = 0; i < java.Length; i++)
        {
            if (java[i] == '\\' && i + 1 < java.Length)
            {
                i++;
                net.Append(java[i] == '$' ? "$$" : java[i]);
            }
            else if (java[i] == '$' && i + 1 < java.Length && char.IsAsciiDigit(java[i + 1]))
            {
                // .NET would take a digit that follows, or a letter, into the number.
                net.Append("${").Append(java[++i]).Append('}');
            }
            else
            {
                net.Append(java[i]);
            }
        }

        return net.ToString();
    }
}
