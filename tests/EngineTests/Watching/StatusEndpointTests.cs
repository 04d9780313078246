using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Penstock.Engine.Operations;
using Penstock.Engine.Watching;

namespace Penstock.EngineTests.Watching;

/// <summary>The status page, its stream and its actions over HTTP; how they look and work in a browser: <c>tests/Pages</c>.</summary>
public sealed class StatusEndpointTests : IAsyncLifetime, IDisposable
{
    private const string Token = "0123456789abcdef";

    private readonly HealthState _health = new();
    private readonly HttpClient _client = new();
    private readonly TaskCompletionSource _began = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _mayEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HealthEndpoint _endpoint = null!;

    public Task InitializeAsync()
    {
        _endpoint = Start(new EndpointActions(Token, ["pause", "resume", "wait"], async (name, output, stop) =>
        {
            if (name == "wait")
            {
                _began.SetResult();
                await _mayEnd.Task.WaitAsync(stop);
            }

            await output.WriteLineAsync($"{name} is done");
            return name == "resume" ? 3 : 0;
        }));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _endpoint.DisposeAsync();

    public void Dispose() => _client.Dispose();

    private HealthEndpoint Start(EndpointActions? actions) => HealthEndpoint.Start(new IPEndPoint(IPAddress.Loopback, 0), _health, NullLogger.Instance, "shop <b>", actions);

    private Uri At(string path) => new($"http://{_endpoint.Address}{path}");

    private async Task<(HttpStatusCode Status, string Text)> PostAsync(string path, string? token = Token, string? origin = null, string? site = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, At(path)) { Content = new StringContent("{}") };
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        if (site is not null)
        {
            request.Headers.Add("Sec-Fetch-Site", site);
        }

        using var answer = await _client.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task The_page_may_load_and_run_nothing_but_its_own()
    {
        using var answer = await _client.GetAsync(At("/"));
        string page = await answer.Content.ReadAsStringAsync();
        Assert.Equal(("text/html; charset=utf-8", "no-store"), (answer.Content.Headers.GetValues("Content-Type").Single(), answer.Headers.GetValues("Cache-Control").Single()));
        string policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; script-src 'sha256-", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.DoesNotMatch("(src|href)=\"(https?:)?//", page);
        Assert.DoesNotContain("innerHTML", page, StringComparison.Ordinal);
        Assert.InRange(page.Length, 10_000, 60_000);
    }

    [Fact]
    public async Task The_stream_tells_the_state_each_second()
    {
        _health.Enter(PipelineState.Streaming);
        _health.Problems.CreateLogger("").LogWarning("a \"quoted\" line\nand another");
        _health.Tables.Expect(["public.a"]);
        using var feed = new StreamReader(await _client.GetStreamAsync(At(StatusFeed.Path)));
        Assert.Equal("retry: 2000", await feed.ReadLineAsync());
        var (name, history) = await NextAsync(feed);
        Assert.Equal(("history", JsonValueKind.Array), (name, history.GetProperty("rate").ValueKind));
        (name, var status) = await NextAsync(feed);
        Assert.Equal(("status", "shop <b>", "streaming"), (name, status.GetProperty("title").GetString(), status.GetProperty("state").GetString()));
        Assert.Equal("a \"quoted\" line\nand another", status.GetProperty("problems")[0].GetProperty("text").GetString());
        Assert.Equal(("public.a", 1), (status.GetProperty("tables")[0].GetProperty("name").GetString(), status.GetProperty("tables").GetArrayLength()));
        Assert.Equal(["pause", "resume", "wait"], status.GetProperty("actions").EnumerateArray().Select(action => action.GetString()));
        _health.Enter(PipelineState.BackingOff, "away");
        do
        {
            (_, status) = await NextAsync(feed);
        }
        while (!status.TryGetProperty("state", out var state) || state.GetString() != "backing-off");

        Assert.Equal("away", status.GetProperty("error").GetString());
    }

    [Fact]
    public async Task Viewers_are_bounded_and_probes_answer_beside_them()
    {
        var viewers = new List<Stream>();
        for (int i = 0; i < StatusFeed.MostViewers; i++)
        {
            viewers.Add(await _client.GetStreamAsync(At(StatusFeed.Path)));
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await _client.GetAsync(At(StatusFeed.Path))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await _client.GetAsync(At("/livez"))).StatusCode);
        // A place that is given back is there for the next one, within the two writes that it takes to see a viewer go.
        await viewers[0].DisposeAsync();
        for (var until = DateTime.UtcNow.AddSeconds(15); ; await Task.Delay(100))
        {
            using var answer = await _client.GetAsync(At(StatusFeed.Path), HttpCompletionOption.ResponseHeadersRead);
            if (answer.StatusCode == HttpStatusCode.OK)
            {
                break;
            }

            Assert.True(DateTime.UtcNow < until, "the place of a viewer that has gone is not given to another");
        }

        viewers.ForEach(viewer => viewer.Dispose());
    }

    [Fact]
    public async Task Actions_need_the_token()
    {
        Assert.Equal((HttpStatusCode.OK, "pause is done\n"), await PostAsync("/actions/pause"));
        Assert.Equal((HttpStatusCode.Conflict, "resume is done\n"), await PostAsync("/actions/resume"));
        Assert.Equal(HttpStatusCode.NotFound, (await PostAsync("/actions/destroy")).Status);
        var began = DateTime.UtcNow;
        Assert.Equal(HttpStatusCode.Unauthorized, (await PostAsync("/actions/pause", "0123456789abcdeF")).Status);
        Assert.True(DateTime.UtcNow - began > TimeSpan.FromMilliseconds(900));
        Assert.Equal(HttpStatusCode.Unauthorized, (await PostAsync("/actions/pause", null)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync(At("/actions/pause"))).StatusCode);
    }

    [Theory]
    [InlineData("http://evil.example", null, HttpStatusCode.Forbidden)]
    [InlineData("null", null, HttpStatusCode.Forbidden)]
    [InlineData(null, "cross-site", HttpStatusCode.Forbidden)]
    [InlineData(null, "same-site", HttpStatusCode.Forbidden)]
    [InlineData("own", "same-origin", HttpStatusCode.OK)]
    [InlineData(null, "none", HttpStatusCode.OK)]
    public async Task What_comes_from_another_site_is_refused(string? origin, string? site, HttpStatusCode expected) =>
        Assert.Equal(expected, (await PostAsync("/actions/pause", origin: origin == "own" ? $"http://{_endpoint.Address}" : origin, site: site)).Status);

    [Fact]
    public async Task Actions_come_one_after_the_other()
    {
        var waiting = PostAsync("/actions/wait");
        await _began.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(HttpStatusCode.Conflict, (await PostAsync("/actions/pause")).Status);
        _mayEnd.SetResult();
        Assert.Equal((HttpStatusCode.OK, "wait is done\n"), await waiting);
    }

    [Fact]
    public async Task Without_a_token_there_are_none()
    {
        await using var other = Start(null);
        using var answer = await _client.PostAsync(new Uri($"http://{other.Address}/actions/pause"), null);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        using var feed = new StreamReader(await _client.GetStreamAsync(new Uri($"http://{other.Address}{StatusFeed.Path}")));
        await feed.ReadLineAsync();
        await NextAsync(feed);
        var (_, status) = await NextAsync(feed);
        Assert.Equal(0, status.GetProperty("actions").GetArrayLength());
    }

    private static async Task<(string Name, JsonElement Data)> NextAsync(StreamReader feed)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        string? line;
        do
        {
            line = await feed.ReadLineAsync(limit.Token) ?? throw new EndOfStreamException();
        }
        while (line.Length == 0);

        string data = await feed.ReadLineAsync(limit.Token) ?? throw new EndOfStreamException();
        using var document = JsonDocument.Parse(data["data: ".Length..]);
        return (line["event: ".Length..], document.RootElement.Clone());
    }
}
