using System.Text;

namespace Penstock.Engine.Operations;

/// <summary>The head of a request: what the endpoint needs of HTTP/1.1.</summary>
/// <param name="Method">As written, e.g. GET.</param>
/// <param name="Path">Without the query.</param>
/// <param name="Headers">By name in any case; the last one of several.</param>
internal sealed record HttpRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>A head or a body above this is refused.</summary>
    public const int MostBytes = 8192;

    /// <summary>Reads a request to its end, the body too, which is thrown away: none of the paths takes one.</summary>
    /// <returns>Null for what is no request, or too large.</returns>
    public static async Task<HttpRequest?> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        byte[] buffer = new byte[MostBytes];
        int filled = 0;
        while (filled < buffer.Length)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(filled), cancellation).ConfigureAwait(false);
            filled += read;
            int end = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                var request = Parse(Encoding.ASCII.GetString(buffer, 0, end));
                return request is not null && await TrySkipBodyAsync(request, stream, buffer, filled - end - 4, cancellation).ConfigureAwait(false) ? request : null;
            }

            if (read == 0)
            {
                return null;
            }
        }

        return null;
    }

    /// <summary>A header's value, or null.</summary>
    public string? Header(string name) => Headers.GetValueOrDefault(name);

    private static HttpRequest? Parse(string head)
    {
        string[] lines = head.Split("\r\n");
        if (lines[0].Split(' ') is not [var method, var target, _])
        {
            return null;
        }

        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (string line in lines.AsSpan(1))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                headers[line[..colon]] = line[(colon + 1)..].Trim();
            }
        }

        return new HttpRequest(method, target.Split('?')[0], headers);
    }

    /// <summary>What is not read would reset the connection under the answer.</summary>
    private static async Task<bool> TrySkipBodyAsync(HttpRequest request, Stream stream, byte[] buffer, int have, CancellationToken cancellation)
    {
        if (request.Header("Content-Length") is not { } text)
        {
            return request.Header("Transfer-Encoding") is null;
        }

        if (!int.TryParse(text, out int length) || length is < 0 or > MostBytes)
        {
            return false;
        }

        for (int left = length - have; left > 0;)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(0, Math.Min(left, buffer.Length)), cancellation).ConfigureAwait(false);
            if (read == 0)
            {
                return false;
            }

            left -= read;
        }

        return true;
    }
}

/// <summary>A whole answer.</summary>
/// <param name="Status">Code and words.</param>
/// <param name="Type">Content type.</param>
/// <param name="Body">UTF-8 where it is text.</param>
/// <param name="MoreHeaders">Lines with their ends, or "".</param>
internal readonly record struct HttpAnswer(string Status, string Type, byte[] Body, string MoreHeaders = "")
{
    private const string PlainText = "text/plain; charset=utf-8";

    public static HttpAnswer Text(string status, string text, string moreHeaders = "") => new(status, PlainText, Encoding.UTF8.GetBytes(text), moreHeaders);

    /// <summary>Writes it; nothing follows on the connection.</summary>
    public async Task WriteAsync(Stream stream, bool isHead, CancellationToken cancellation)
    {
        byte[] head = Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {Status}\r\nContent-Type: {Type}\r\nContent-Length: {Body.Length}\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n{MoreHeaders}Connection: close\r\n\r\n");
        await stream.WriteAsync(isHead ? head : [.. head, .. Body], cancellation).ConfigureAwait(false);
    }
}
