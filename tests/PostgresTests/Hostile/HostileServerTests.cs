using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Penstock.Engine.Buffers;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Snapshot;
using Penstock.Postgres.Wal;
using Penstock.Postgres.Wal.Socket;
using Penstock.PostgresTests.Wal;

namespace Penstock.PostgresTests.Hostile;

/// <summary>A server that lies about lengths, never stops, answers out of order or breaks off: a typed error that can be read, in bounded time, with bounded memory.</summary>
public sealed class HostileServerTests
{
    private const int Huge = 0x7FFF_FFF0;
    private const long MostBytes = 256L << 20;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static TheoryData<string> Handshakes => [.. HandshakeScripts.Keys];

    // The driver does all the work it is asked for. It is left alone with it when the time of an opening is over, and would work on beside the other tests.
    private static readonly string[] EndlessForTheDriver = ["SASL that asks for hours of work"];

    public static TheoryData<string> DriversHandshakes => [.. HandshakeScripts.Keys.Except(EndlessForTheDriver)];

    public static TheoryData<string> Answers => [.. AnswerScripts.Keys];

    public static TheoryData<string> Streams => [.. StreamScripts.Keys];

    public static TheoryData<string> Copies => [.. CopyScripts.Keys];

    private static readonly Dictionary<string, Func<NetworkStream, CancellationToken, Task>> HandshakeScripts = new()
    {
        ["a length of two gigabytes"] = (s, t) => Send(s, HostileServer.Lie('R', Huge, 0, 0, 0, 0), t),
        ["a length below zero"] = (s, t) => Send(s, HostileServer.Lie('R', -5, 0, 0, 0, 0), t),
        ["a length of nothing"] = (s, t) => Send(s, HostileServer.Lie('S', 0), t),
        ["an error that is two gigabytes long"] = async (s, t) =>
        {
            await Send(s, HostileServer.Lie('E', Huge, [.. "SFATAL\0M"u8]), t);
            await HostileServer.RepeatAsync(s, [(byte)'x'], t);
        },
        ["an error without an end"] = (s, t) => Send(s, HostileServer.Message('E', [.. "SFATAL\0Mno end"u8]), t),
        ["notices without end"] = (s, t) => HostileServer.RepeatAsync(s, HostileServer.Notice(), t),
        ["parameters without end"] = (s, t) => HostileServer.RepeatAsync(s, HostileServer.Message('S', [.. "name\0value\0"u8]), t),
        ["a row before anything"] = (s, t) => Send(s, HostileServer.Message('D', 0, 1, 0, 0, 0, 1, 65), t),
        ["the end of SASL before its beginning"] = (s, t) => Send(s, HostileServer.Message('R', 0, 0, 0, 12, 118), t),
        ["SASL with a challenge that is none"] = async (s, t) =>
        {
            await Send(s, HostileServer.Message('R', [0, 0, 0, 10, .. "SCRAM-SHA-256\0\0"u8]), t);
            await HostileServer.SkipAsync(s, 1, t);
            await Send(s, HostileServer.Message('R', [0, 0, 0, 11, .. "r=x,s=,i=9999999999"u8]), t);
        },
        ["SASL of another client"] = (s, t) => HostileServer.ChallengeAsync(s, _ => $"r=another,s={Salt},i=4096", t),
        ["SASL that adds nothing of the server's"] = (s, t) => HostileServer.ChallengeAsync(s, nonce => $"r={nonce},s={Salt},i=4096", t),
        ["SASL that asks for hours of work"] = (s, t) => HostileServer.ChallengeAsync(s, nonce => $"r={nonce}x,s={Salt},i=2147483647", t),
        ["SASL with a proof that is none"] = async (s, t) =>
        {
            await HostileServer.ChallengeAsync(s, nonce => $"r={nonce}x,s={Salt},i=4096", t);
            await Send(s, [.. HostileServer.Message('R', [0, 0, 0, 12, .. "v=AAAA"u8]), .. HostileServer.Greeting], t);
        },
        ["SASL without a proof"] = async (s, t) =>
        {
            await HostileServer.ChallengeAsync(s, nonce => $"r={nonce}x,s={Salt},i=4096", t);
            await Send(s, HostileServer.Greeting, t);
        },
        ["SASL with one challenge after the other"] = async (s, t) =>
        {
            string challenge = "";
            await HostileServer.ChallengeAsync(s, nonce => challenge = $"r={nonce}x,s={Salt},i=4096", t);
            await Send(s, HostileServer.Message('R', [0, 0, 0, 11, .. Encoding.UTF8.GetBytes(challenge)]), t);
        },
        ["the answer of a web server"] = (s, t) => Send(s, [.. "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"u8], t),
        ["the answer of a TLS server"] = (s, t) => Send(s, [0x15, 3, 1, 0, 2, 2, 10], t),
        ["half a message and then the end"] = (s, t) => Send(s, HostileServer.Lie('R', 8, 0, 0), t),
        ["half a message and then silence"] = async (s, t) =>
        {
            await Send(s, HostileServer.Lie('R', 8, 0, 0), t);
            await Task.Delay(Timeout.Infinite, t);
        },
        ["a byte now and then"] = async (s, t) =>
        {
            foreach (byte one in HostileServer.Lie('S', 10_000, new byte[9_000]))
            {
                await s.WriteAsync(new[] { one }, t);
                await Task.Delay(200, t);
            }
        },
        ["nothing"] = (_, t) => Task.Delay(Timeout.Infinite, t),
    };

    private static readonly Dictionary<string, Func<NetworkStream, CancellationToken, Task>> AnswerScripts = new()
    {
        ["a length of two gigabytes"] = (s, t) => Send(s, HostileServer.Lie('T', Huge, 0, 1), t),
        ["a length below zero"] = (s, t) => Send(s, HostileServer.Lie('T', -5, 0, 1), t),
        ["an error that is two gigabytes long"] = async (s, t) =>
        {
            await Send(s, HostileServer.Lie('E', Huge, [.. "SERROR\0M"u8]), t);
            await HostileServer.RepeatAsync(s, [(byte)'x'], t);
        },
        ["notices without end"] = (s, t) => HostileServer.RepeatAsync(s, HostileServer.Notice(), t),
        ["rows without end"] = async (s, t) =>
        {
            await Send(s, [.. Parsed, .. RowDescription], t);
            await HostileServer.RepeatAsync(s, HostileServer.Message('D', 0, 1, 0, 0, 0, 1, 65), t);
        },
        ["a column of two gigabytes"] = (s, t) => Send(s, [.. Parsed, .. RowDescription, .. HostileServer.Message('D', 0, 1, 0x7F, 0xFF, 0xFF, 0xF0, 65)], t),
        ["a row before its description"] = (s, t) => Send(s, [.. Parsed, .. HostileServer.Message('D', 0, 1, 0, 0, 0, 1, 65)], t),
        ["more columns than described"] = (s, t) => Send(s, [.. Parsed, .. RowDescription, .. HostileServer.Message('D', 0x7F, 0xFF)], t),
        ["a message nobody knows"] = (s, t) => Send(s, HostileServer.Message('?', 1, 2, 3), t),
        ["half a message and then the end"] = (s, t) => Send(s, [.. Parsed, .. RowDescription, .. HostileServer.Lie('D', 400, 0, 1)], t),
    };

    private static readonly Dictionary<string, Func<NetworkStream, CancellationToken, Task>> StreamScripts = new()
    {
        ["an error that is a gigabyte long"] = async (s, t) =>
        {
            await Send(s, HostileServer.Lie('E', 0x3FFF_FFF0, [.. "SFATAL\0M"u8]), t);
            await HostileServer.RepeatAsync(s, [(byte)'x'], t);
        },
        ["a message of a gigabyte of which nothing comes"] = (s, t) => Send(s, HostileServer.Lie('d', 0x3FFF_FFF0, (byte)'w'), t),
        ["rows of a query"] = (s, t) => HostileServer.RepeatAsync(s, HostileServer.Message('D', 0, 1, 0, 0, 0, 1, 65), t),
        ["a second beginning of the stream"] = (s, t) => Send(s, HostileServer.Message('W', 0, 0, 0), t),
        ["half a message and then the end"] = (s, t) => Send(s, HostileServer.Lie('d', 100, (byte)'w'), t),
    };

    private static readonly Dictionary<string, Func<NetworkStream, CancellationToken, Task>> CopyScripts = new()
    {
        ["a field of two gigabytes"] = (s, t) => Send(s, HostileServer.Message('d', [.. Header, 0, 1, 0x7F, 0xFF, 0xFF, 0xF0]), t),
        ["a field below nothing"] = (s, t) => Send(s, HostileServer.Message('d', [.. Header, 0, 1, 0xFF, 0xFF, 0xFF, 0x00]), t),
        ["another signature"] = (s, t) => Send(s, HostileServer.Message('d', [.. "MZ"u8, .. new byte[40]]), t),
        ["rows of a query"] = (s, t) => HostileServer.RepeatAsync(s, HostileServer.Message('D', 0, 1, 0, 0, 0, 1, 65), t),
        ["a length below zero"] = (s, t) => Send(s, [.. HostileServer.Message('d', Header), .. HostileServer.Lie('d', -7, 0, 1)], t),
        ["the end in the middle of a row"] = (s, t) => Send(s, [.. HostileServer.Message('d', [.. Header, 0, 1, 0, 0, 0, 9, 65]), .. HostileServer.Message('c'), .. HostileServer.Message('C', HostileServer.Text("COPY 1")), .. HostileServer.Message('Z', (byte)'I')], t),
        ["half a message and then the end"] = (s, t) => Send(s, HostileServer.Lie('d', 500, Header), t),
    };

    private const string Salt = "W22ZaJ0SNY7soEsUEjb6gQ==";

    private static byte[] Parsed => [.. HostileServer.Message('1'), .. HostileServer.Message('2')];

    // One column of type text, by name and number.
    private static byte[] RowDescription => HostileServer.Message('T', [0, 1, .. "c\0"u8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0]);

    private static byte[] Header => [.. "PGCOPY\n"u8, 0xFF, .. "\r\n\0"u8, 0, 0, 0, 0, 0, 0, 0, 0];

    [Theory]
    [MemberData(nameof(Handshakes))]
    public Task In_the_handshake_of_the_stream(string script) => AssertRefusedAsync(
        async (stream, stop) =>
        {
            await HostileServer.SkipAsync(stream, 0, stop);
            await HandshakeScripts[script](stream, stop);
        },
        database => new SocketWalReader(database, new WalStreamRequest("s", "p"), 15, TimeProvider.System).Dispose());

    [Theory]
    [MemberData(nameof(DriversHandshakes))]
    public Task In_the_handshake_of_the_catalogue(string script) => AssertRefusedAsync(
        async (stream, stop) =>
        {
            await HostileServer.SkipAsync(stream, 0, stop);
            await HandshakeScripts[script](stream, stop);
        },
        database => database.OpenOwn().Dispose());

    [Theory]
    [MemberData(nameof(Answers))]
    public Task In_the_answer_to_START_REPLICATION(string script) => AssertRefusedAsync(
        async (stream, stop) =>
        {
            await HostileServer.GreetAsync(stream, stop);
            await HostileServer.SkipAsync(stream, 1, stop);
            await AnswerScripts[script](stream, stop);
        },
        database => new SocketWalReader(database, new WalStreamRequest("s", "p"), 15, TimeProvider.System).Dispose());

    [Theory]
    [MemberData(nameof(Answers))]
    public Task In_a_query_of_the_catalogue(string script) => AssertRefusedAsync(
        async (stream, stop) =>
        {
            await HostileServer.GreetAsync(stream, stop);
            await HostileServer.SkipAsync(stream, 1, stop);
            await AnswerScripts[script](stream, stop);
        },
        database =>
        {
            using var connection = database.OpenOwn();
            database.Translated(() => connection.List("SELECT c FROM t", row => row.GetString(0)));
        });

    [Theory]
    [MemberData(nameof(Streams))]
    public Task In_the_stream(string script) => AssertRefusedAsync(
        async (stream, stop) =>
        {
            await HostileServer.GreetAsync(stream, stop);
            await HostileServer.SkipAsync(stream, 1, stop);
            await Send(stream, HostileServer.Message('W', 0, 0, 0), stop);
            await StreamScripts[script](stream, stop);
        },
        database =>
        {
            using var reader = new SocketWalReader(database, new WalStreamRequest("s", "p"), 15, TimeProvider.System);
            Read(reader, TimeSpan.FromSeconds(20));
        });

    [Theory]
    [InlineData(TlsMode.Prefer)]
    [InlineData(TlsMode.Require)]
    public Task In_the_answer_to_the_request_for_TLS(TlsMode mode) => AssertRefusedAsync(
        async (stream, stop) =>
        {
            await HostileServer.SkipAsync(stream, 0, stop);
            await Send(stream, [.. "HTTP/1.1 400 Bad Request\r\n\r\n"u8], stop);
        },
        database =>
        {
            using var encrypted = new SourceDatabase(database.Url with { Tls = mode });
            new SocketWalReader(encrypted, new WalStreamRequest("s", "p"), 15, TimeProvider.System).Dispose();
        });

    [Fact]
    public void A_greeting_and_a_stream_that_come_byte_by_byte_are_read_all_the_same()
    {
        using var server = new HostileServer(async (stream, stop) =>
        {
            await HostileServer.SkipAsync(stream, 0, stop);
            await HostileServer.TrickleAsync(stream, HostileServer.Greeting, stop);
            await HostileServer.SkipAsync(stream, 1, stop);
            await HostileServer.TrickleAsync(stream, [.. HostileServer.Message('W', 0, 0, 0), .. ScriptedWalServer.Keepalive(7, false), .. HostileServer.Notice(), .. ScriptedWalServer.XLogData(9, [1, 2, 3])], stop);
            await Task.Delay(Timeout.Infinite, stop);
        });
        using var database = new SourceDatabase(server.Url);
        using var reader = new SocketWalReader(database, new WalStreamRequest("s", "p"), 15, TimeProvider.System);
        var pool = new SlabPool("test", 256 * 1024, 1);
        byte[] received = [];
        for (var watch = Stopwatch.StartNew(); received.Length == 0 && watch.Elapsed < Limit;)
        {
            var batch = new WalBatch { Slab = pool.Rent("test") };
            reader.TryRead(batch, 100);
            received = [.. batch.Messages.ToArray().SelectMany(message => batch.Slab!.Bytes.AsSpan(message.Offset, message.Length).ToArray())];
            batch.ReturnSlab();
        }

        Assert.Equal([1, 2, 3], received);
        Assert.Equal(9ul, reader.ReceivedLsn);
    }

    [Fact]
    public async Task Notices_without_end_in_the_stream_hold_up_neither_a_stop_nor_the_time_limit()
    {
        using var server = new HostileServer(async (stream, stop) =>
        {
            await HostileServer.GreetAsync(stream, stop);
            await HostileServer.SkipAsync(stream, 1, stop);
            await Send(stream, HostileServer.Message('W', 0, 0, 0), stop);
            await HostileServer.RepeatAsync(stream, HostileServer.Notice(), stop);
        });
        using var database = new SourceDatabase(server.Url);
        using var reader = new SocketWalReader(database, new WalStreamRequest("s", "p"), 15, TimeProvider.System);
        await Task.Run(() => Read(reader, TimeSpan.FromSeconds(1))).WaitAsync(Limit);
    }

    [Theory]
    [MemberData(nameof(Copies))]
    public Task In_the_COPY_of_the_snapshot(string script) => AssertRefusedAsync(
        async (stream, stop) =>
        {
            await HostileServer.GreetAsync(stream, stop);
            await HostileServer.SkipAsync(stream, 1, stop);
            await Send(stream, HostileServer.Message('H', 1, 0, 1, 0, 1), stop);
            await CopyScripts[script](stream, stop);
        },
        database =>
        {
            using var connection = database.OpenOwn();
            database.Translated(() =>
            {
                using var rows = new CopyRows(connection.BeginRawBinaryCopy("COPY t TO STDOUT (FORMAT binary)"), 1);
                for (var row = new RowBytes(); rows.HasRow; row.Clear())
                {
                    rows.ReadRow(row);
                }

                return true;
            });
        });

    private static Task Send(NetworkStream stream, byte[] bytes, CancellationToken stop) => stream.WriteAsync(bytes, stop).AsTask();

    private static void Read(SocketWalReader reader, TimeSpan time)
    {
        var pool = new SlabPool("test", 256 * 1024, 1);
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < time;)
        {
            var batch = new WalBatch { Slab = pool.Rent("test") };
            try
            {
                reader.TryRead(batch, 100);
            }
            finally
            {
                batch.ReturnSlab();
            }
        }
    }

    private static async Task AssertRefusedAsync(Func<NetworkStream, CancellationToken, Task> script, Action<SourceDatabase> work)
    {
        using var server = new HostileServer(script);
        // The driver reads its handshake as long as it comes: here a second longer than the connect time-out is enough to see that it is left alone.
        using var database = new SourceDatabase(server.Url with { LongestBeginMs = 2_000 });
        long before = Environment.WorkingSet;
        long most = 0;
        // A thread of its own: other tests may keep the pool's busy for longer than the limit.
        var running = Task.Factory.StartNew(() => Record.Exception(() => work(database)), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        for (var watch = Stopwatch.StartNew(); !running.IsCompleted && watch.Elapsed < Limit; await Task.Delay(20))
        {
            most = Math.Max(most, Environment.WorkingSet - before);
        }

        Assert.True(running.IsCompleted, "it still runs");
        var refused = await running;
        Assert.NotNull(refused);
        Assert.True(refused is DatabaseException or MalformedWalException, refused.ToString());
        Assert.InRange(refused.Message.Length, 10, 2_000);
        Assert.DoesNotContain("s3cret", refused.ToString(), StringComparison.Ordinal);
        Assert.True(most < MostBytes, $"{most >> 20} MB more");
    }
}
