namespace Penstock.Servers;

/// <summary>Lines <c>NAME=VALUE</c> and <c>NAME='VALUE'</c>, the quoted one over several lines (PEM).</summary>
internal static class ShellVariables
{
    public static Dictionary<string, string> Parse(string text)
    {
        Dictionary<string, string> variables = [];
        int at = 0;
        while (at < text.Length)
        {
            int equals = text.IndexOf('=', at);
            if (equals < 0)
            {
                break;
            }
            string name = text[at..equals].Trim();
            bool quoted = equals + 1 < text.Length && text[equals + 1] == '\'';
            int start = quoted ? equals + 2 : equals + 1;
            int end = text.IndexOf(quoted ? '\'' : '\n', start);
            end = end < 0 ? text.Length : end;
            variables[name] = text[start..end];
            at = end + 1;
        }
        return variables;
    }
}
