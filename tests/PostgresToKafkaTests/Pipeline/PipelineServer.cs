using Penstock.Postgres.Connection;
using Penstock.Servers;
using Penstock.Servers.Proxies;

namespace Penstock.PostgresToKafkaTests.Pipeline;

/// <summary>A real server, and a proxy before it that does to connections what networks do.</summary>
public sealed class PipelineServer : IAsyncLifetime
{
    private int _databases;

    public PostgresServer Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await PostgresServer.CreateAsync();

    public async Task DisposeAsync() => await Server.DisposeAsync();

    /// <summary>A new database with what <paramref name="sql"/> makes in it.</summary>
    /// <returns>Its URL, of the server itself.</returns>
    public async Task<DatabaseUrl> NewDatabaseAsync(string sql = "SELECT 1")
    {
        string name = $"db{Interlocked.Increment(ref _databases)}";
        await Server.ExecuteAsync($"CREATE DATABASE {name}");
        await Server.ExecuteAsync(sql, name);
        Assert.True(DatabaseUrl.TryParse(Server.Url(name), _ => null, out var url, out string? error), error);
        return url!;
    }

    public static SourceDatabase Behind(TcpProxy proxy, DatabaseUrl url, int commandTimeoutSeconds) =>
        new(url with { Host = "127.0.0.1", Port = proxy.Port, ConnectTimeoutSeconds = 2, CommandTimeoutSeconds = commandTimeoutSeconds });

    /// <summary>Waits until something is so.</summary>
    public static async Task UntilAsync(Func<Task<bool>> isSo, string what)
    {
        for (long until = Environment.TickCount64 + 20_000; !await isSo(); await Task.Delay(50))
        {
            Assert.True(Environment.TickCount64 < until, $"not within 20 s: {what}");
        }
    }
}

[CollectionDefinition(Name)]
public sealed class PipelineServerCollection : ICollectionFixture<PipelineServer>
{
    public const string Name = "a Postgres server for parts of the pipeline";
}
