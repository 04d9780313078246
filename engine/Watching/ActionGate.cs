using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Penstock.Engine.Operations;

namespace Penstock.Engine.Watching;

/// <summary>What may be asked of the pipeline over HTTP.</summary>
/// <param name="Token">Who knows it may ask.</param>
/// <param name="Names">In the order in which the page shows them.</param>
/// <param name="RunAsync">Does it; writes what it did, or what is wrong; gives the exit code of the command of that name.</param>
public sealed record EndpointActions(string Token, IReadOnlyList<string> Names, Func<string, TextWriter, CancellationToken, Task<int>> RunAsync);

/// <summary>
/// <c>POST /actions/NAME</c> with <c>Authorization: Bearer TOKEN</c>. There is no cookie and no other credential that a browser would add by itself, so a foreign page has nothing to forge a request with; one that
/// says that it comes from a foreign page is refused all the same. One action at a time; a wrong token costs a second.
/// </summary>
internal sealed class ActionGate(EndpointActions actions, ILogger logger)
{
    public const string Prefix = "/actions/";

    private const int WrongTokenMs = 1000;

    private readonly byte[] _token = SHA256.HashData(Encoding.UTF8.GetBytes(actions.Token));
    private readonly RecurringFailure _refused = new(logger, "an action over HTTP was refused");
    private int _busy;

    public async Task<HttpAnswer> AnswerAsync(HttpRequest request, CancellationToken stop)
    {
        if (IsForeign(request))
        {
            _refused.Failed("it came from a page of another site");
            return HttpAnswer.Text("403 Forbidden", "only from this page, or from a program\n");
        }

        // One after the other, so that guessing is slow however many connections guess.
        if (Interlocked.Exchange(ref _busy, 1) == 1)
        {
            return HttpAnswer.Text("409 Conflict", "another action is under way\n");
        }

        try
        {
            if (!IsAllowed(request))
            {
                _refused.Failed("its token is wrong");
                await Task.Delay(WrongTokenMs, stop).ConfigureAwait(false);
                return HttpAnswer.Text("401 Unauthorized", "the token is not that of PENSTOCK_HTTP_TOKEN\n", "WWW-Authenticate: Bearer\r\n");
            }

            _refused.Recovered();
            string name = request.Path[Prefix.Length..];
            return actions.Names.Contains(name) ? await RunAsync(name, stop).ConfigureAwait(false) : HttpAnswer.Text("404 Not Found", $"there is {string.Join(", ", actions.Names)}\n");
        }
        finally
        {
            Volatile.Write(ref _busy, 0);
        }
    }

    private async Task<HttpAnswer> RunAsync(string name, CancellationToken stop)
    {
        logger.LogInformation("asked over HTTP: {Action}", name);
        using var text = new StringWriter();
        int code = await actions.RunAsync(name, text, stop).ConfigureAwait(false);
        return HttpAnswer.Text(code == 0 ? "200 OK" : "409 Conflict", text.ToString());
    }

    private bool IsAllowed(HttpRequest request) =>
        request.Header("Authorization") is { } header && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
        && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(header["Bearer ".Length..].Trim())), _token);

    private static bool IsForeign(HttpRequest request)
    {
        string? origin = request.Header("Origin");
        bool isOtherOrigin = origin is not null && (!Uri.TryCreate(origin, UriKind.Absolute, out var uri) || !string.Equals(uri.Authority, request.Header("Host"), StringComparison.OrdinalIgnoreCase));
        return isOtherOrigin || request.Header("Sec-Fetch-Site") is not (null or "same-origin" or "none");
    }
}
