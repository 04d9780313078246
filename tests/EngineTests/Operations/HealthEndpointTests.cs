using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Penstock.Engine.Operations;

namespace Penstock.EngineTests.Operations;

public sealed class HealthEndpointTests : IAsyncLifetime, IDisposable
{
    private readonly HealthState _health = new();
    private readonly HttpClient _client = new();
    private HealthEndpoint _endpoint = null!;

    public Task InitializeAsync()
    {
        _endpoint = HealthEndpoint.Start(new IPEndPoint(IPAddress.Loopback, 0), _health, NullLogger.Instance);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _endpoint.DisposeAsync();

    public void Dispose() => _client.Dispose();

    private Task<HttpResponseMessage> Get(string path) => _client.GetAsync(new Uri($"http://{_endpoint.Address}{path}"));

    [Theory]
    [InlineData(PipelineState.Starting, 200, 503, 200)]
    [InlineData(PipelineState.Snapshot, 200, 200, 200)]
    [InlineData(PipelineState.Streaming, 200, 200, 200)]
    [InlineData(PipelineState.Standby, 200, 200, 200)]
    [InlineData(PipelineState.Paused, 200, 200, 200)]
    [InlineData(PipelineState.BackingOff, 200, 503, 503)]
    [InlineData(PipelineState.Stopping, 200, 503, 200)]
    [InlineData(PipelineState.Failed, 503, 503, 503)]
    public async Task Each_probe_has_its_own_question(PipelineState state, int live, int ready, int healthy)
    {
        _health.Enter(state);

        Assert.Equal(live, (int)(await Get("/livez")).StatusCode);
        Assert.Equal(ready, (int)(await Get("/readyz?verbose")).StatusCode);
        Assert.Equal(healthy, (int)(await Get("/healthz")).StatusCode);
    }

    [Fact]
    public async Task Details_are_json()
    {
        _health.Enter(PipelineState.BackingOff, "no \"route\"");
        _health.At("0/16B3748", null);
        _health.At(null, "0/16B3700");
        _health.Delivered(40);
        _health.Delivered(2);
        _health.Lost([new ColumnLoss("public.prices", "price", "numeric", 3)]);

        var json = await (await Get("/healthz")).Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal("backing-off", json.GetProperty("state").GetString());
        Assert.Equal("no \"route\"", json.GetProperty("last_error").GetString());
        Assert.Equal("0/16B3748", json.GetProperty("received_position").GetString());
        Assert.Equal("0/16B3700", json.GetProperty("confirmed_position").GetString());
        Assert.Equal(42, json.GetProperty("events").GetInt64());
        Assert.Equal("""[{"table":"public.prices","column":"price","type":"numeric","values":3}]""", json.GetProperty("losses").GetRawText());
    }

    [Fact]
    public async Task Other_paths_methods_and_nonsense_are_refused()
    {
        Assert.Equal(HttpStatusCode.NotFound, (await Get("/metrics")).StatusCode);
        using var body = new StringContent("x");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await _client.PostAsync(new Uri($"http://{_endpoint.Address}/livez"), body)).StatusCode);
        Assert.StartsWith("HTTP/1.1 400 ", await Raw("nonsense\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 400 ", await Raw("GET /livez HTTP/1.1\r\n"[..4] + new string('x', 8192)), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await Get("/livez")).StatusCode);
    }

    [Fact]
    public async Task Silent_connections_do_not_block_the_next_probe()
    {
        var silent = new List<TcpClient>();
        for (var i = 0; i < 10; i++)
        {
            var client = new TcpClient();
            await client.ConnectAsync(_endpoint.Address);
            silent.Add(client);
        }

        Assert.Equal(HttpStatusCode.OK, (await Get("/livez").WaitAsync(TimeSpan.FromSeconds(4))).StatusCode);
        silent.ForEach(static client => client.Dispose());
    }

    private async Task<string> Raw(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(_endpoint.Address);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadToEndAsync();
    }
}
