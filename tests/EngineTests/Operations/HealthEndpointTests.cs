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
    public async Task Metrics_are_prometheus_text()
    {
        _health.Enter(PipelineState.Streaming);
        _health.Delivered(42);
        _health.Gap("gone");
        _health.Lost([new ColumnLoss("public.prices", "price", "numeric", 3)]);
        using (_health.Metrics.Add(text => text.Gauge("penstock_batches_in_flight", "Of a run.", 7)))
        {
            using var answer = await Get("/metrics");
            Assert.Equal((HttpStatusCode.OK, "text/plain; version=0.0.4; charset=utf-8"), (answer.StatusCode, answer.Content.Headers.GetValues("Content-Type").Single()));
            var read = PrometheusText.Read(await answer.Content.ReadAsStringAsync());
            Assert.Equal((42, 1, 3, 7), (One("penstock_records_delivered_total"), One("penstock_gaps_total"), One("penstock_values_lost_total"), One("penstock_batches_in_flight")));
            Assert.Equal((1, 0, 8), (read["penstock_state"].Samples["state=\"streaming\""], read["penstock_state"].Samples["state=\"failed\""], read["penstock_state"].Samples.Count));
            Assert.InRange(One("process_resident_memory_bytes"), 10e6, 10e9);
            Assert.DoesNotContain("penstock_slot_retained_bytes", read.Keys);
            double One(string name) => read[name].Samples[""];
        }

        _health.Enter(PipelineState.BackingOff, "away");
        _health.Retains(new RetainedLog(100, 60, null, null, AlarmLevel.Warning, "much"));
        var later = PrometheusText.Read(await _client.GetStringAsync(new Uri($"http://{_endpoint.Address}/metrics")));
        Assert.Equal((1, 100, 60), (later["penstock_interruptions_total"].Samples[""], later["penstock_slot_retained_bytes"].Samples[""], later["penstock_slot_unconfirmed_bytes"].Samples[""]));
        Assert.Equal((1, 0), (later["penstock_slot_alarm"].Samples["level=\"warning\""], later["penstock_slot_alarm"].Samples["level=\"critical\""]));
        // Not known is not zero.
        Assert.DoesNotContain("penstock_slot_limit_bytes", later.Keys);
        Assert.DoesNotContain("penstock_batches_in_flight", later.Keys);
        var json = await (await Get("/healthz")).Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("""{"bytes":100,"unconfirmed_bytes":60,"limit_bytes":null,"seconds_to_full":null,"alarm":"warning","reason":"much"}""", json.GetProperty("retained_log").GetRawText());
    }

    [Fact]
    public async Task Other_paths_methods_and_nonsense_are_refused()
    {
        Assert.Equal(HttpStatusCode.NotFound, (await Get("/metric")).StatusCode);
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
