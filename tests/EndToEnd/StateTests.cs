using System.Text.Json;
using System.Text.RegularExpressions;
using Penstock.Servers;
using Penstock.Servers.Proxies;

namespace Penstock.EndToEnd;

/// <summary>Every state that a pipeline can be in is seen from outside: in the health endpoint, with the codes that a platform's probes look at, and as one line of the log for each change.</summary>
public class StateTests(SceneFixture fixture) : IClassFixture<SceneFixture>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [KafkaFact]
    public async Task Each_state_is_in_the_health_and_is_one_line_of_the_log()
    {
        var pipeline = await fixture.PrepareAsync("CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a SELECT generate_series(1, 400)", "public.a");
        await using var address = new TcpProxy { TargetPort = fixture.Scene.Postgres.Port };
        int port = FreePort.Find();
        pipeline.With("DATABASE_URL", $"postgres://postgres@127.0.0.1:{address.Port}/{pipeline.Name}").With("PENSTOCK_HTTP", $"{port}")
            .With("PENSTOCK_RETRIABLE_RESTART_CONNECTOR_WAIT_MS", "1000").With("PENSTOCK_SNAPSHOT_DELAY_MS", "3000")
            .With("PENSTOCK_SNAPSHOT_SELECT_STATEMENT_OVERRIDES", "public.a").With("PENSTOCK_SNAPSHOT_SELECT_STATEMENT_OVERRIDES_PUBLIC_A", "SELECT id FROM a WHERE pg_sleep(0.01) IS NOT NULL");
        await using var process = pipeline.Start();
        await SeenAsync(process, port, "starting", live: 200, ready: 503, healthy: 200);
        await SeenAsync(process, port, "snapshot", live: 200, ready: 200, healthy: 200);
        await SeenAsync(process, port, "streaming", live: 200, ready: 200, healthy: 200);

        address.Refuse();
        address.Cut();
        await SeenAsync(process, port, "backing-off", live: 200, ready: 503, healthy: 503);
        address.Admit();
        await SeenAsync(process, port, "streaming", live: 200, ready: 200, healthy: 200, times: 2);

        Assert.Equal(0, (await pipeline.RunToEndAsync("pause")).ExitCode);
        await SeenAsync(process, port, "paused", live: 200, ready: 200, healthy: 200);
        Assert.Equal(0, (await pipeline.RunToEndAsync("resume")).ExitCode);
        await SeenAsync(process, port, "streaming", live: 200, ready: 200, healthy: 200, times: 3);

        int other = FreePort.Find();
        pipeline.With("DATABASE_URL", fixture.Scene.Postgres.Url(pipeline.Name)).With("PENSTOCK_HTTP", $"{other}");
        await using (var second = pipeline.Start())
        {
            await SeenAsync(second, other, "standby", live: 200, ready: 200, healthy: 200);
            // A stop that takes its time, because the server is silent: it is seen meanwhile.
            address.HalfOpen();
            process.TrySignal(Signal.Terminate);
            await SeenAsync(process, port, "stopping", live: 200, ready: 503, healthy: 200);
            Assert.Equal(0, await process.WaitForExitAsync(Limit));
            Assert.Equal(["starting", "snapshot", "streaming", "backing-off", "streaming", "paused", "starting", "streaming", "stopping"], StatesIn(process));
            await SeenAsync(second, other, "streaming", live: 200, ready: 200, healthy: 200);
            Assert.Equal(0, await second.StopAsync(Limit));
            Assert.Equal(["starting", "standby", "streaming", "stopping"], StatesIn(second));
        }

        // The last state of a process that ends by itself: its line and exit code stay when nobody answers probes any more.
        await pipeline.ExecuteAsync($"SELECT pg_drop_replication_slot('{pipeline.Name}')");
        await using var third = pipeline.Start();
        Assert.Equal(3, await third.WaitForExitAsync(Limit));
        Assert.Equal(["starting", "failed"], StatesIn(third));
    }

    private static string[] StatesIn(PipelineProcess process) =>
        [.. process.Lines.Select(line => Regex.Match(line, "level=info msg=state state=([a-z-]+)")).Where(match => match.Success).Select(match => match.Groups[1].Value)];

    /// <summary>Waits until health says the state, then looks at each probe's code and at the log.</summary>
    private static async Task SeenAsync(PipelineProcess process, int port, string state, int live, int ready, int healthy, int times = 1)
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/"), Timeout = TimeSpan.FromSeconds(5) };
        string seen = "nothing";
        for (var until = DateTime.UtcNow + Limit; DateTime.UtcNow < until; await Task.Delay(20))
        {
            try
            {
                using var health = await client.GetAsync(new Uri("healthz", UriKind.Relative));
                seen = JsonDocument.Parse(await health.Content.ReadAsStringAsync()).RootElement.GetProperty("state").GetString()!;
                if (seen == state)
                {
                    using var livez = await client.GetAsync(new Uri("livez", UriKind.Relative));
                    using var readyz = await client.GetAsync(new Uri("readyz", UriKind.Relative));
                    Assert.Equal((state, healthy, live, ready), (state, (int)health.StatusCode, (int)livez.StatusCode, (int)readyz.StatusCode));
                    await WaitForStateLinesAsync(process, state, times);
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
                Assert.False(process.HasExited, process.LastLines());
            }
        }

        Assert.Fail($"health says {seen} and not {state}:\n{process.LastLines()}");
    }

    private static async Task WaitForStateLinesAsync(PipelineProcess process, string state, int times)
    {
        for (var until = DateTime.UtcNow + Limit; StatesIn(process).Count(said => said == state) != times; await Task.Delay(20))
        {
            Assert.True(DateTime.UtcNow < until, $"{state} is not said {times} times:\n{process.LastLines()}");
        }
    }
}
