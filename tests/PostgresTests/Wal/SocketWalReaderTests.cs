using System.Buffers.Binary;
using System.Diagnostics;
using FsCheck.Xunit;
using Penstock.Engine.Buffers;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Wal;
using Penstock.Postgres.Wal.Socket;

namespace Penstock.PostgresTests.Wal;

/// <summary>The reader against bytes that a real server sends rarely or never.</summary>
public sealed class SocketWalReaderTests
{
    [Fact]
    public void The_event_loop_does_not_know_the_socket()
    {
        using var server = new ScriptedWalServer();
        using var database = new SourceDatabase(server.Url);
        using var reader = new SocketWalReader(database, new WalStreamRequest("s", "p"), 15, TimeProvider.System);
        server.Stream.Write(ScriptedWalServer.XLogData(1, [1, 2, 3]));
        var batch = new WalBatch { Slab = new SlabPool("test", 4096, 1).Rent("test") };
        Assert.True(reader.TryRead(batch, 5_000));
        string socket = $"socket:[{InodeOfClient(server.Url.Port)}]";
        string descriptor = Path.GetFileName(Directory.EnumerateFiles("/proc/self/fd").Single(file => new FileInfo(file).LinkTarget == socket));
        // One line for each descriptor that an epoll looks at (proc(5)): "tfd: 87 events: ...".
        var watched = Directory.EnumerateFiles("/proc/self/fdinfo").SelectMany(ReadIfThere).Where(line => line.StartsWith("tfd:", StringComparison.Ordinal));
        Assert.DoesNotContain(descriptor, watched.Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]));
    }

    [Fact]
    public async Task Small_batches_are_four_milliseconds_apart()
    {
        const int Messages = 200;
        using var server = new ScriptedWalServer();
        using var database = new SourceDatabase(server.Url);
        using var reader = new SocketWalReader(database, new WalStreamRequest("s", "p"), 15, TimeProvider.System);
        var pool = new SlabPool("test", 64 * 1024, 1);
        var writer = Task.Run(() =>
        {
            for (ulong i = 1; i <= Messages; i++)
            {
                server.Stream.Write(ScriptedWalServer.XLogData(i, [1, 2, 3]));
                Thread.Sleep(1);
            }
        });
        int received = 0;
        int batches = 0;
        var watch = Stopwatch.StartNew();
        while (received < Messages && watch.Elapsed < TimeSpan.FromSeconds(30))
        {
            var batch = new WalBatch { Slab = pool.Rent("test") };
            if (reader.TryRead(batch, 5_000))
            {
                received += batch.Count;
                batches++;
            }

            batch.ReturnSlab();
        }

        double elapsedMs = watch.Elapsed.TotalMilliseconds;
        await writer;
        Assert.Equal(Messages, received);
        // The first one goes on at once; a machine that stands still makes fewer of them, never more.
        Assert.InRange(batches, 1, 1 + (elapsedMs / 4));
    }

    [Fact]
    public async Task A_transaction_behind_a_pause_is_one_batch()
    {
        const int Transactions = 20;
        using var server = new ScriptedWalServer();
        using var database = new SourceDatabase(server.Url);
        using var reader = new SocketWalReader(database, new WalStreamRequest("s", "p"), 15, TimeProvider.System);
        var pool = new SlabPool("test", 64 * 1024, 1);
        int slow = 0;
        var writer = Task.Run(() =>
        {
            for (ulong i = 1; i <= Transactions; i++)
            {
                server.Stream.Write(ScriptedWalServer.XLogData(3 * i, "B"u8.ToArray()));
                var gap = Stopwatch.StartNew();
                Thread.Sleep(1);
                server.Stream.Write(ScriptedWalServer.XLogData((3 * i) + 1, "I"u8.ToArray()));
                server.Stream.Write(ScriptedWalServer.XLogData((3 * i) + 2, "C"u8.ToArray()));
                // The server itself stood still for longer than a batch waits.
                slow += gap.Elapsed.TotalMilliseconds > 3 ? 1 : 0;
                Thread.Sleep(10);
            }
        });
        int received = 0;
        int batches = 0;
        var watch = Stopwatch.StartNew();
        while (received < 3 * Transactions && watch.Elapsed < TimeSpan.FromSeconds(30))
        {
            var batch = new WalBatch { Slab = pool.Rent("test") };
            if (reader.TryRead(batch, 5_000))
            {
                received += batch.Count;
                batches++;
            }

            batch.ReturnSlab();
        }

        await writer;
        Assert.Equal(3 * Transactions, received);
        Assert.InRange(batches, 1, Transactions + (2 * slow));
    }

    [Property(MaxTest = 30)]
    public void Wherever_the_bytes_are_cut_the_messages_are_the_same(int seed)
    {
        var random = new Random(seed);
        var sent = new List<byte[]>();
        var bytes = new List<byte>();
        for (ulong i = 1; i <= 60; i++)
        {
            // Slabs have 512 bytes: many messages fit in one, some need several slabs' worth.
            byte[] payload = new byte[random.Next(10) == 0 ? random.Next(3000) : random.Next(100)];
            random.NextBytes(payload);
            sent.Add(payload);
            bytes.AddRange(ScriptedWalServer.XLogData(i, payload));
            if (random.Next(8) == 0)
            {
                bytes.AddRange(ScriptedWalServer.Keepalive(i, wantsReply: false));
            }
        }

        using var server = new ScriptedWalServer();
        using var database = new SourceDatabase(server.Url);
        using var reader = new SocketWalReader(database, new WalStreamRequest("s", "p"), 15, TimeProvider.System);
        byte[] all = [.. bytes];
        var writer = Task.Run(() =>
        {
            for (int at = 0; at < all.Length;)
            {
                int count = Math.Min(random.Next(1, 400), all.Length - at);
                server.Stream.Write(all, at, count);
                at += count;
                if (random.Next(6) == 0)
                {
                    Thread.Sleep(1);
                }
            }
        });
        var received = new List<byte[]>();
        var pool = new SlabPool("test", 512, 1);
        for (var watch = Stopwatch.StartNew(); received.Count < sent.Count;)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"{received.Count} of {sent.Count} messages");
            var batch = new WalBatch { Slab = pool.Rent("test") };
            // A time limit of nothing: it ends in the middle of frames all the time.
            if (reader.TryRead(batch, 0))
            {
                foreach (var message in batch.Messages)
                {
                    Assert.Equal((ulong)received.Count + 1, message.WalStart);
                    received.Add(batch.Bytes(message).ToArray());
                }
            }

            batch.ReturnSlab();
        }

        writer.GetAwaiter().GetResult();
        Assert.Equal(sent, received);
        Assert.Equal(60ul, reader.ReceivedLsn);
        Assert.Equal(0, pool.Outstanding);
        server.Dispose();
    }

    [Fact]
    public void A_status_that_finds_the_connection_gone_says_so_as_the_database_does()
    {
        using var server = new ScriptedWalServer();
        using var database = new SourceDatabase(server.Url);
        using var reader = new SocketWalReader(database, new WalStreamRequest("s", "p"), 15, TimeProvider.System);
        // A reset, not an orderly end.
        server.Stream.Socket.LingerState = new System.Net.Sockets.LingerOption(true, 0);
        server.Stream.Socket.Dispose();
        var gone = Assert.Throws<DatabaseException>(() =>
        {
            // The first may still be taken by the kernel.
            for (ulong lsn = 1; lsn < 100; lsn++)
            {
                reader.SendStatus(lsn);
                Thread.Sleep(10);
            }
        });
        Assert.Equal(FailureClass.Unavailable, gone.Failure);
    }

    [Fact]
    public void Questions_without_end_are_counted_and_answered_with_measure()
    {
        using var server = new ScriptedWalServer();
        using var database = new SourceDatabase(server.Url);
        using var reader = new SocketWalReader(database, new WalStreamRequest("s", "p"), 15, TimeProvider.System);
        var pool = new SlabPool("test", 4096, 1);
        var watch = Stopwatch.StartNew();
        for (int asked = 0; watch.ElapsedMilliseconds < 500; asked++)
        {
            server.Stream.Write(ScriptedWalServer.Keepalive(100, wantsReply: true));
            var batch = new WalBatch { Slab = pool.Rent("test") };
            reader.TryRead(batch, 50);
            batch.ReturnSlab();
        }

        Assert.True(reader.AnswersWanted > 20, $"{reader.AnswersWanted}");
        byte[] answers = new byte[64 * 1024];
        int read = server.Stream.Read(answers);
        // A status has 39 bytes; at most ten a second, and the first at once.
        Assert.InRange(read / 39, 1, 7);
    }

    [Theory]
    [InlineData("64 00 00 00 03")]
    [InlineData("64 FF FF FF FF")]
    [InlineData("64 7F FF FF FF")]
    [InlineData("64 00 00 00 0A 77 00 00 00 00 00")]
    [InlineData("64 00 00 00 06 6B 00")]
    [InlineData("64 00 00 00 05 7A")]
    [InlineData("64 00 00 00 04")]
    [InlineData("51 00 00 00 05 00")]
    public void Lengths_that_lie_and_frames_nobody_knows_stop_the_stream(string hex)
    {
        using var server = new ScriptedWalServer();
        using var database = new SourceDatabase(server.Url);
        using var reader = new SocketWalReader(database, new WalStreamRequest("s", "p"), 15, TimeProvider.System);
        server.Stream.Write(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));
        var pool = new SlabPool("test", 512, 1);
        var batch = new WalBatch { Slab = pool.Rent("test") };
        Assert.Throws<MalformedWalException>(() => reader.TryRead(batch, 5000));
        server.Dispose();
    }

    [Fact]
    public void A_keepalive_is_answered_at_once_only_when_it_asks()
    {
        using var server = new ScriptedWalServer();
        using var database = new SourceDatabase(server.Url);
        using var reader = new SocketWalReader(database, new WalStreamRequest("s", "p", 100), 15, TimeProvider.System);
        var pool = new SlabPool("test", 512, 1);
        server.Stream.Write(ScriptedWalServer.Keepalive(200, wantsReply: false));
        Assert.Equal(200ul, Keepalive(reader, pool));
        Assert.False(server.Stream.DataAvailable);
        server.Stream.Write(ScriptedWalServer.Keepalive(300, wantsReply: true));
        Assert.Equal(300ul, Keepalive(reader, pool));
        byte[] status = new byte[39];
        server.Stream.ReadExactly(status);
        Assert.Equal((byte)'r', status[5]);
        // Written is what was received, flushed and applied are what was confirmed, and nothing was.
        Assert.Equal([300, 100, 100], new[] { 6, 14, 22 }.Select(at => (int)BinaryPrimitives.ReadUInt64BigEndian(status.AsSpan(at))));
        Assert.False(server.Stream.DataAvailable);
        server.Dispose();
    }

    [Fact]
    public void A_message_behind_a_keepalive_takes_its_position_back()
    {
        using var server = new ScriptedWalServer();
        using var database = new SourceDatabase(server.Url);
        using var reader = new SocketWalReader(database, new WalStreamRequest("s", "p"), 15, TimeProvider.System);
        server.Stream.Write([.. ScriptedWalServer.Keepalive(200, false), .. ScriptedWalServer.XLogData(250, [1]), .. ScriptedWalServer.Keepalive(260, false), .. ScriptedWalServer.XLogData(270, [2])]);
        var pool = new SlabPool("test", 512, 1);
        ulong last = 0;
        for (int messages = 0; messages < 2;)
        {
            var batch = new WalBatch { Slab = pool.Rent("test") };
            Assert.True(reader.TryRead(batch, 5000));
            messages += batch.Count;
            last = batch.KeepaliveLsn;
            batch.ReturnSlab();
        }

        Assert.Equal(0ul, last);
        server.Dispose();
    }

    [Fact]
    public void An_error_and_the_end_of_the_connection_have_their_classes()
    {
        using var server = new ScriptedWalServer();
        using var database = new SourceDatabase(server.Url);
        using var reader = new SocketWalReader(database, new WalStreamRequest("s", "p"), 15, TimeProvider.System);
        var pool = new SlabPool("test", 512, 1);
        server.Stream.Write(ScriptedWalServer.Message('E', [.. "SFATAL\0C57P01\0Mterminating connection\0\0"u8]));
        var batch = new WalBatch { Slab = pool.Rent("test") };
        var stopping = Assert.Throws<DatabaseException>(() => reader.TryRead(batch, 5000));
        Assert.Equal(("57P01", FailureClass.Unavailable), (stopping.SqlState, stopping.Failure));
        server.Stream.Dispose();
        Assert.Equal(FailureClass.Unavailable, Assert.Throws<DatabaseException>(() => reader.TryRead(batch, 5000)).Failure);
    }

    private static ulong Keepalive(SocketWalReader reader, SlabPool pool)
    {
        var batch = new WalBatch { Slab = pool.Rent("test") };
        Assert.True(reader.TryRead(batch, 5000));
        batch.ReturnSlab();
        return batch.KeepaliveLsn;
    }

    /// <summary>Of the socket whose other end is the port (proc_net(5)).</summary>
    private static string InodeOfClient(int serverPort)
    {
        string end = $":{serverPort:X4}";
        return new[] { "/proc/self/net/tcp", "/proc/self/net/tcp6" }.SelectMany(File.ReadLines)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Single(fields => fields[2].EndsWith(end, StringComparison.Ordinal) && fields[9] != "0")[9];
    }

    private static string[] ReadIfThere(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (IOException)
        {
            // Closed by another test meanwhile.
            return [];
        }
    }
}
