using System.Security.Cryptography;
using System.Text;
using Penstock.Engine.Operations;

namespace Penstock.Engine.Watching;

/// <summary>The status page: one file with its style and its script, which loads nothing from anywhere else and is allowed to do no more than that.</summary>
internal static class StatusPage
{
    private static readonly Lazy<HttpAnswer> Page = new(Load);

    public static HttpAnswer Answer => Page.Value;

    private static HttpAnswer Load()
    {
        using var resource = typeof(StatusPage).Assembly.GetManifestResourceStream("status.html") ?? throw new InvalidOperationException("the status page is not in the assembly");
        using var reader = new StreamReader(resource, Encoding.UTF8);
        string page = reader.ReadToEnd();
        string policy = $"default-src 'none'; script-src '{HashOf(page, "script")}'; style-src '{HashOf(page, "style")}'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        return new HttpAnswer("200 OK", "text/html; charset=utf-8", Encoding.UTF8.GetBytes(page), $"Content-Security-Policy: {policy}\r\nReferrer-Policy: no-referrer\r\n");
    }

    /// <summary>What the browser compares the text between the tags with.</summary>
    private static string HashOf(string page, string tag)
    {
        int begin = page.IndexOf($"<{tag}>", StringComparison.Ordinal) + tag.Length + 2;
        int end = page.IndexOf($"</{tag}>", begin, StringComparison.Ordinal);
        return $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(page[begin..end])))}";
    }
}
