using Penstock.Engine.Buffers;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Wal;
using Penstock.Postgres.Wal.Socket;
using Penstock.Servers;

namespace Penstock.PostgresTests.Wal;

/// <summary>The project's own reader against Npgsql's on the same slot positions of a real server: the same messages in the same order.</summary>
public sealed class WalReaderTests(WalServer fixture) : IClassFixture<WalServer>
{
    private static int Slots;

    private readonly PostgresServer _server = fixture.Server;

    [Theory]
    [InlineData(256 * 1024)]
    [InlineData(700)]
    public async Task Both_readers_give_the_same_messages(int slabBytes)
    {
        await _server.ExecuteAsync("TRUNCATE t");
        string ownSlot = await CreateSlotAsync();
        string npgsqlSlot = await CreateSlotAsync();

        await _server.ExecuteAsync("INSERT INTO t SELECT i, repeat('x', i % 300) FROM generate_series(1, 5000) i");
        await _server.ExecuteAsync("UPDATE t SET body = body || 'y' WHERE id % 3 = 0");
        // Larger than any slab here, and several of them in a row.
        await _server.ExecuteAsync("INSERT INTO t SELECT 10000 + i, repeat('z', 400000) FROM generate_series(1, 3) i; DELETE FROM t WHERE id < 100; TRUNCATE t");
        await _server.ExecuteAsync("INSERT INTO t VALUES (1, 'last')");
        using var database = new SourceDatabase(Url("postgres"));
        var own = ReadToLast(new SocketWalReader(database, new WalStreamRequest(ownSlot, "p"), 15, TimeProvider.System), slabBytes);
        var npgsql = ReadToLast(new NpgsqlWalReader(database, new WalStreamRequest(npgsqlSlot, "p"), TimeProvider.System), slabBytes);
        Assert.Equal(npgsql.Count, own.Count);
        for (int i = 0; i < own.Count; i++)
        {
            Assert.Equal(npgsql[i].Start, own[i].Start);
            Assert.True(npgsql[i].Bytes.AsSpan().SequenceEqual(own[i].Bytes), $"message {i} differs");
        }

        Assert.True(own.Count > 5000);
    }

    /// <summary>Bytes that come before are still given; the wait itself would last 30 s.</summary>
    [Theory]
    [InlineData("?sslmode=disable")]
    [InlineData("?sslmode=require")]
    public async Task A_wait_for_bytes_ends_when_the_reader_is_stopped(string query)
    {
        string slot = await CreateSlotAsync();
        using var database = new SourceDatabase(Url("postgres", query));
        using var reader = new SocketWalReader(database, new WalStreamRequest(slot, "p"), 15, TimeProvider.System);
        var pool = new SlabPool("test", 4096, 2);
        var batch = new WalBatch { Slab = pool.Rent("test") };
        var reading = Task.Run(() =>
        {
            while (reader.TryRead(batch, 30_000))
            {
                batch.ReturnSlab();
                batch.Reset();
                batch.Slab = pool.Rent("test");
            }
        });
        await Task.Delay(500);
        Assert.False(reading.IsCompleted);
        reader.Stop();
        await reading.WaitAsync(TimeSpan.FromSeconds(10));
        reader.Stop();
        Assert.False(reader.TryRead(batch, 30_000));
    }

    [Theory]
    [InlineData("scram_user", "?sslmode=disable")]
    [InlineData("scram_user", "?sslmode=require")]
    [InlineData("md5_user", "?sslmode=disable")]
    [InlineData("plain_user", "?sslmode=prefer")]
    [InlineData("tls_user", "?sslmode=require")]
    [InlineData("tls_user", "?sslmode=verify-ca&sslrootcert={cert}")]
    [InlineData("tls_user", "?sslmode=verify-full&sslrootcert={cert}")]
    [InlineData("tls_user", "?sslmode=allow")]
    public async Task Every_way_of_getting_in_streams(string user, string query)
    {
        await _server.ExecuteAsync("TRUNCATE t");
        string slot = await CreateSlotAsync();
        await _server.ExecuteAsync("INSERT INTO t VALUES (1, 'last')");
        using var database = new SourceDatabase(Url(user, query.Replace("{cert}", Uri.EscapeDataString(_server.CertificatePath), StringComparison.Ordinal)));
        var messages = ReadToLast(new SocketWalReader(database, new WalStreamRequest(slot, "p"), 15, TimeProvider.System), 4096);
        Assert.Equal("BRIC", string.Concat(messages.Select(m => (char)m.Bytes[0])));
    }

    [Fact]
    public void A_wrong_password_and_an_untrusted_certificate_are_refused_in_words()
    {
        using var wrong = new SourceDatabase(Url("scram_user", password: "wrong"));
        var password = Assert.Throws<DatabaseException>(() => new SocketWalReader(wrong, new WalStreamRequest("none", "p"), 15, TimeProvider.System));
        Assert.Equal(FailureClass.Preflight, password.Failure);
        Assert.Contains("password", password.Message, StringComparison.Ordinal);
        using var untrusted = new SourceDatabase(Url("tls_user", "?sslmode=verify-full"));
        var certificate = Assert.Throws<DatabaseException>(() => new SocketWalReader(untrusted, new WalStreamRequest("none", "p"), 15, TimeProvider.System));
        Assert.Contains("certificate", certificate.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keepalives_of_an_idle_stream_are_surfaced_and_statuses_keep_it_alive_and_move_the_slot()
    {
        string slot = await CreateSlotAsync();
        using var database = new SourceDatabase(Url("postgres"));
        using var reader = new SocketWalReader(database, new WalStreamRequest(slot, "p"), 15, TimeProvider.System);
        // Traffic that is not published: on PG 15 and later only keepalives say how far the walsender is (E4c); PG 14 sends its empty transactions.
        string unpublished = database.Version() >= 15 ? "" : "BC";
        await _server.ExecuteAsync("INSERT INTO other SELECT generate_series(1, 1000)");
        ulong target = await HeadAsync();
        var pool = new SlabPool("wal", 4096, 1);
        ulong keepalive = 0;
        // Longer than two time-outs of 2 s: without answers the server would hang up.
        for (var until = DateTime.UtcNow.AddSeconds(5); DateTime.UtcNow < until;)
        {
            var batch = new WalBatch { Slab = pool.Rent("test") };
            if (reader.TryRead(batch, 200))
            {
                foreach (ref readonly var message in batch.Messages)
                {
                    Assert.Contains((char)batch.Bytes(message)[0], unpublished);
                }

                keepalive = Math.Max(keepalive, batch.KeepaliveLsn);
                reader.SendStatus(keepalive);
            }

            batch.ReturnSlab();
        }

        Assert.True(keepalive >= target, $"{new Lsn(keepalive)} is before {new Lsn(target)}");
        Assert.True(await _server.ScalarAsync<bool>($"SELECT confirmed_flush_lsn >= '{new Lsn(target)}' FROM pg_replication_slots WHERE slot_name = '{slot}'"));
    }

    [Fact]
    public async Task Changes_made_while_the_publication_was_missing_end_the_stream()
    {
        await _server.ExecuteAsync("CREATE TABLE u (id int); CREATE PUBLICATION fleeting FOR TABLE u; ALTER ROLE postgres SET client_min_messages = error");
        string slot = await CreateSlotAsync();
        await _server.ExecuteAsync("DROP PUBLICATION fleeting");
        await _server.ExecuteAsync("INSERT INTO u VALUES (1)");
        await _server.ExecuteAsync("CREATE PUBLICATION fleeting FOR TABLE u");
        await _server.ExecuteAsync("INSERT INTO u VALUES (2)");
        using var database = new SourceDatabase(Url("postgres"));
        using var reader = new SocketWalReader(database, new WalStreamRequest(slot, "fleeting"), database.Version(), TimeProvider.System);
        var pool = new SlabPool("wal", 4096, 1);
        var missing = Assert.Throws<DatabaseException>(() => StreamLog.Read(reader, pool, l => l.Messages.Any(m => m.Kind == 'C')));
        await _server.ExecuteAsync("ALTER ROLE postgres RESET client_min_messages; DROP TABLE u");
        Assert.Equal(FailureClass.Preflight, missing.Failure);
        Assert.Contains("publication \"fleeting\" does not exist", missing.Message, StringComparison.Ordinal);
        Assert.Contains($"pg_drop_replication_slot('{slot}')", missing.Message, StringComparison.Ordinal);
    }

    private async Task<ulong> HeadAsync()
    {
        Assert.True(Lsn.TryParse(await _server.ScalarAsync<string>("SELECT pg_current_wal_lsn()::text"), out var lsn));
        return lsn.Value;
    }

    private async Task<string> CreateSlotAsync()
    {
        string slot = $"slot_{Interlocked.Increment(ref Slots)}";
        await _server.ExecuteAsync($"SELECT pg_create_logical_replication_slot('{slot}', 'pgoutput')");
        return slot;
    }

    private DatabaseUrl Url(string user, string query = "", string password = WalServer.Password)
    {
        string credentials = user == "postgres" ? user : $"{user}:{Uri.EscapeDataString(password)}";
        Assert.True(DatabaseUrl.TryParse($"postgres://{credentials}@127.0.0.1:{_server.Port}/postgres{query}", _ => null, out var url, out string? error), error);
        return url!;
    }

    /// <summary>Reads until the transaction that inserts 'last' is complete.</summary>
    private static List<(ulong Start, byte[] Bytes)> ReadToLast(IWalReader reader, int slabBytes)
    {
        using (reader)
        {
            var pool = new SlabPool("wal", slabBytes, 1);
            var messages = new List<(ulong, byte[])>();
            bool last = false;
            for (var until = DateTime.UtcNow.AddSeconds(30); DateTime.UtcNow < until;)
            {
                var batch = new WalBatch { Slab = pool.Rent("test") };
                if (reader.TryRead(batch, 200))
                {
                    foreach (var message in batch.Messages)
                    {
                        byte[] bytes = batch.Bytes(message).ToArray();
                        messages.Add((message.WalStart, bytes));
                        last |= bytes.AsSpan().EndsWith("last"u8);
                        if (last && bytes[0] == 'C')
                        {
                            batch.ReturnSlab();
                            Assert.Equal(0, pool.Outstanding);
                            return messages;
                        }
                    }
                }

                batch.ReturnSlab();
            }

            throw new TimeoutException($"the last transaction did not come; {messages.Count} messages did");
        }
    }
}
