namespace Penstock.PostgresToKafka.Settings;

/// <summary>The outer form of <c>DATABASE_URL</c>, enough to refuse a wrong variable at once; the connection's own parser takes it apart.</summary>
internal static class DatabaseUrlText
{
    private const string Form = "must be postgres://user:password@host:port/database, special characters percent-encoded";

    public static string? ProblemOf(string url)
    {
        var rest = AfterScheme(url);
        if (rest is null)
        {
            return Form;
        }

        var authority = rest.Split('/', '?', '#')[0];
        var host = authority[(authority.LastIndexOf('@') + 1)..];
        if (host.Length == 0 || host[0] == ':')
        {
            return "has no host in it; " + Form;
        }

        var path = rest[authority.Length..];
        return path.Length < 2 || path[0] != '/' || path[1] == '?' ? "names no database; " + Form : null;
    }

    /// <summary>The URL without password and query (which may hold one too).</summary>
    public static string Masked(string url)
    {
        var rest = AfterScheme(url) ?? "";
        var withoutQuery = rest.Split('?', '#')[0];
        var at = withoutQuery.LastIndexOf('@');
        var user = at < 0 ? "" : withoutQuery[..at].Split(':')[0];
        return $"postgres://{user}{(at < 0 ? "" : ":****@")}{withoutQuery[(at + 1)..]}";
    }

    private static string? AfterScheme(string url)
    {
        foreach (var scheme in (ReadOnlySpan<string>)["postgres://", "postgresql://"])
        {
            if (url.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
            {
                return url[scheme.Length..];
            }
        }

        return null;
    }
}
