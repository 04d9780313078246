using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Penstock.Engine.Buffers;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Wal;
using Penstock.Postgres.Wal.Socket;
using Xunit.Abstractions;

namespace Penstock.PostgresTests.Wal;

/// <summary>
/// Broken frames of the replication stream, over a real socket and cut anywhere: the messages before the broken place are those that a second, simple reading finds, then comes a typed
/// error. <c>PENSTOCK_FUZZ_MESSAGES</c> and <c>PENSTOCK_FUZZ_SEED</c> as in the fuzz of the decoder.
/// </summary>
public sealed class SocketWalReaderFuzzTests(ITestOutputHelper log)
{
    private const int OrdinaryStreams = 200;
    private const int FramesOfAStream = 40;
    private const int SlabBytes = 2048;

    // Lengths between this and what a frame may have would only make the test wait for a gigabyte.
    private const int LargeBytes = 1 << 22;

    [Fact]
    public void Broken_frames_give_the_messages_before_them_and_a_typed_error()
    {
        int seed = Number("SEED", 20_260_815);
        int streams = Math.Max(OrdinaryStreams, Number("MESSAGES", 0) / 5000);
        var random = new Random(seed);
        long messages = 0;
        int refused = 0;
        for (int i = 0; i < streams; i++)
        {
            byte[] bytes = Frames(random);
            var (expected, sound) = Read(bytes);
            var (received, error) = Run(bytes, random);
            Assert.True(error is DatabaseException or MalformedWalException, $"seed {seed}, stream {i}: {error}");
            // The batch in which the stream ends, or breaks, is lost with it: the server sends it again.
            Assert.True(received.Count <= expected.Count && received.Zip(expected).All(p => p.First.AsSpan().SequenceEqual(p.Second)), $"seed {seed}, stream {i}: other messages: {Convert.ToHexStringLower(bytes)}");
            Assert.True(sound == error is DatabaseException, $"seed {seed}, stream {i}: {error.Message}: {Convert.ToHexStringLower(bytes)}");
            messages += received.Count;
            refused += error is MalformedWalException ? 1 : 0;
        }

        log.WriteLine($"seed {seed}: {streams} broken streams of {FramesOfAStream} frames, {messages} messages received, {refused} refused");
        Assert.True(messages > 0 && refused > 0);
    }

    [Fact]
    public void Broken_challenges_are_refused()
    {
        const string Sound = "r=clientnonceserver,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=16";
        var random = new Random(Number("SEED", 20_260_815));
        for (int i = 0; i < 20_000; i++)
        {
            char[] text = Sound.ToCharArray();
            for (int times = random.Next(1, 4); times > 0; times--)
            {
                text[random.Next(text.Length)] = random.Next(3) == 0 ? (char)random.Next(0xFFFF) : ",=rsi0"[random.Next(6)];
            }

            string broken = new string(text)[..random.Next(text.Length + 1)];
            var scram = new ScramSha256("password", "clientnonce");
            try
            {
                Assert.StartsWith("c=biws,r=clientnonce", Encoding.UTF8.GetString(scram.Final(broken)), StringComparison.Ordinal);
            }
            catch (MalformedWalException)
            {
                // The typed error: it is refused.
            }

            Assert.False(scram.Verify(broken));
        }
    }

    [Fact]
    public void Broken_errors_of_the_server_are_errors_all_the_same()
    {
        byte[] sound = [.. "SFATAL\0VFATAL\0C57P01\0Mterminating\0Hhint\0\0"u8];
        var random = new Random(Number("SEED", 20_260_815));
        for (int i = 0; i < 20_000; i++)
        {
            byte[] broken = sound[..random.Next(sound.Length + 1)];
            for (int times = random.Next(3); times > 0 && broken.Length > 0; times--)
            {
                broken[random.Next(broken.Length)] = (byte)random.Next(256);
            }

            try
            {
                Assert.NotNull(ReplicationSession.Error(broken).SqlState);
            }
            catch (MalformedWalException)
            {
                // The typed error: a string without an end.
            }
        }
    }

    private static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable($"PENSTOCK_FUZZ_{name}"), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : otherwise;

    private static byte[] Frames(Random random)
    {
        var bytes = new List<byte>();
        for (int i = 0; i < FramesOfAStream; i++)
        {
            byte[] payload = new byte[random.Next(12) == 0 ? random.Next(8000) : random.Next(200)];
            random.NextBytes(payload);
            byte[] frame = random.Next(6) == 0 ? ScriptedWalServer.Keepalive((ulong)i, random.Next(2) == 0) : ScriptedWalServer.XLogData((ulong)i, payload);
            if (random.Next(20) == 0)
            {
                Break(frame, random);
            }

            bytes.AddRange(random.Next(60) == 0 ? frame[..random.Next(frame.Length)] : frame);
        }

        return [.. bytes];
    }

    private static void Break(byte[] frame, Random random)
    {
        if (random.Next(2) == 0)
        {
            frame[random.Next(Math.Min(frame.Length, 31))] = random.Next(2) == 0 ? (byte)random.Next(256) : "dwkrcCENSX"u8[random.Next(10)];
        }
        else
        {
            int lie = random.Next(4) switch { 0 => random.Next(-10, 40), 1 => int.MaxValue - random.Next(10), 2 => random.Next(), _ => frame.Length - 1 + random.Next(-2, 3) };
            BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), lie);
        }

        if (BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(1)) is > LargeBytes and < 0x4000_0400)
        {
            BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), LargeBytes);
        }
    }

    private static (List<byte[]> Messages, Exception Error) Run(byte[] bytes, Random random)
    {
        using var server = new ScriptedWalServer();
        using var database = new SourceDatabase(server.Url);
        using var reader = new SocketWalReader(database, new WalStreamRequest("s", "p"), 15, TimeProvider.System);
        var cuts = new Random(random.Next());
        var writer = Task.Run(() => Send(server, bytes, cuts));
        var messages = new List<byte[]>();
        var pool = new SlabPool("test", SlabBytes, 1);
        try
        {
            while (true)
            {
                var batch = new WalBatch { Slab = pool.Rent("test") };
                try
                {
                    reader.TryRead(batch, 20_000);
                    foreach (var message in batch.Messages)
                    {
                        messages.Add(batch.Bytes(message).ToArray());
                    }
                }
                finally
                {
                    batch.ReturnSlab();
                }
            }
        }
        catch (Exception error)
        {
            Assert.Equal(0, pool.Outstanding);
            server.Dispose();
            writer.GetAwaiter().GetResult();
            return (messages, error);
        }
    }

    private static void Send(ScriptedWalServer server, byte[] bytes, Random cuts)
    {
        try
        {
            for (int at = 0; at < bytes.Length;)
            {
                int count = Math.Min(cuts.Next(1, 4000), bytes.Length - at);
                server.Stream.Write(bytes, at, count);
                at += count;
            }

            // The end of what is sent, not of what is received: a connection that is closed with a status unread would be reset under what is still on its way.
            server.Stream.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException or System.Net.Sockets.SocketException)
        {
            // The reader has seen enough.
            return;
        }
    }

    // The second reading. Sound is a stream that ends, or is ended by the server, without a broken frame.
    private static (List<byte[]> Messages, bool Sound) Read(byte[] bytes)
    {
        var messages = new List<byte[]>();
        int at = 0;
        while (bytes.Length - at >= 5)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at + 1));
            if (length < 4 || length >= (bytes[at] == (byte)'d' ? 0x4000_0400 : 1 << 20))
            {
                return (messages, false);
            }

            if (length > bytes.Length - at - 1)
            {
                break;
            }

            var frame = bytes.AsSpan(at, length + 1);
            at += length + 1;
            switch ((char)frame[0])
            {
                case 'd' when frame.Length >= 30 && frame[5] == (byte)'w':
                    messages.Add(frame[30..].ToArray());
                    break;
                case 'd' when frame.Length >= 23 && frame[5] == (byte)'k':
                case 'S':
                    break;
                case 'c' or 'C':
                    return (messages, true);
                case 'N':
                case 'E':
                    // Its fields have to end.
                    if (!EndsItsStrings(frame[5..]))
                    {
                        return (messages, false);
                    }

                    if (frame[0] == (byte)'E')
                    {
                        return (messages, true);
                    }

                    break;
                default:
                    return (messages, false);
            }
        }

        return (messages, true);
    }

    private static bool EndsItsStrings(ReadOnlySpan<byte> fields)
    {
        while (fields.Length > 0 && fields[0] != 0)
        {
            int end = fields[1..].IndexOf((byte)0);
            if (end < 0)
            {
                return false;
            }

            fields = fields[(end + 2)..];
        }

        return true;
    }
}
