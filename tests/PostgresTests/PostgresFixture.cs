using Penstock.Postgres.Connection;
using Penstock.Servers;

namespace Penstock.PostgresTests;

/// <summary>One server for all tests that need one; each test takes a database of its own.</summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    private int _databases;

    public PostgresServer Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await PostgresServer.CreateAsync();

    public async Task DisposeAsync() => await Server.DisposeAsync();

    /// <summary>A new, empty database.</summary>
    public async Task<SourceDatabase> NewDatabaseAsync()
    {
        string name = $"db{Interlocked.Increment(ref _databases)}";
        await Server.ExecuteAsync($"CREATE DATABASE {name}");
        return new SourceDatabase(Url(name));
    }

    public DatabaseUrl Url(string database, string user = PostgresServer.Superuser, string? password = null)
    {
        Assert.True(DatabaseUrl.TryParse(Server.Url(database, user, password), _ => null, out var url, out string? error), error);
        return url!;
    }
}

[CollectionDefinition(Name)]
public sealed class PostgresCollection : ICollectionFixture<PostgresFixture>
{
    public const string Name = "a Postgres server";
}
