using Penstock.Servers;

namespace Penstock.EndToEnd.Platform;

/// <summary>One Postgres with an application's role and one Kafka as on Heroku, whose authority is being rotated, for all tests of a class.</summary>
public sealed class HerokuFixture : IAsyncLifetime
{
    private PipelineScene? _scene;
    private int _scenes;

    public async Task InitializeAsync()
    {
        // Without brokers the tests of the class are skipped, each with the reason.
        if (KafkaCluster.IsAvailable)
        {
            _scene = await PipelineScene.CreateAsync(
                new PostgresServerOptions { Settings = new Dictionary<string, string> { ["wal_sender_timeout"] = "3s" } },
                new KafkaClusterOptions { Heroku = true, CaCertificates = 2 });
            await _scene.ExecuteAsync("CREATE ROLE app LOGIN REPLICATION");
        }
    }

    public Task<PipelineScene> NextAsync() => _scene!.NextAsync($"dyno{Interlocked.Increment(ref _scenes)}");

    public async Task DisposeAsync()
    {
        if (_scene is not null)
        {
            await _scene.DisposeAsync();
        }
    }
}
