using System.Buffers.Binary;
using System.Globalization;
using Penstock.Postgres.Snapshot;
using Penstock.Postgres.Wal;
using Xunit.Abstractions;

namespace Penstock.PostgresTests.Snapshot;

/// <summary>
/// Broken bytes of COPY's binary format: the rows before the broken place are read as a second, simple reading reads them, then comes the typed error; memory stays within a multiple of
/// the bytes that came. <c>PENSTOCK_FUZZ_MESSAGES</c> and <c>PENSTOCK_FUZZ_SEED</c> as in the fuzz of the decoder.
/// </summary>
public sealed class CopyRowsFuzzTests(ITestOutputHelper log)
{
    private const int OrdinaryStreams = 10_000;
    private const uint Oid = 4711;

    // The reader's own buffer and the first row, and twice what came plus the step in which a field is claimed.
    private const long FixedBytes = 4 << 20;

    private static readonly int[] Lies = [-2, -1, 0, 1, 3, 255, 65_536, 1 << 20, 1 << 29, 1 << 30, (1 << 30) + 1, int.MaxValue, int.MinValue];

    [Fact]
    public void Broken_streams_give_the_rows_before_the_broken_place_and_a_typed_error()
    {
        int seed = Number("SEED", 20_260_815);
        int streams = Math.Max(OrdinaryStreams, Number("MESSAGES", 0) / 10);
        var random = new Random(seed);
        long rows = 0;
        int refused = 0;
        for (int i = 0; i < streams; i++)
        {
            byte[] bytes = Stream(random, out var lengths);
            Break(ref bytes, lengths, random);
            var (expected, sound) = Read(bytes);
            long before = GC.GetAllocatedBytesForCurrentThread();
            var (read, error) = Run(bytes, random);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(expected.SequenceEqual(read), $"seed {seed}, stream {i}: {read.Count} rows, due are {expected.Count}: {Convert.ToHexStringLower(bytes)}");
            Assert.True(sound == (error is null), $"seed {seed}, stream {i}: {error?.Message ?? "no error"}: {Convert.ToHexStringLower(bytes)}");
            Assert.True(allocated <= FixedBytes + (8L * bytes.Length), $"seed {seed}, stream {i}: {allocated} bytes were allocated for {bytes.Length}");
            rows += read.Count;
            refused += sound ? 0 : 1;
        }

        log.WriteLine($"seed {seed}: {streams} broken streams, {rows} rows read, {refused} refused");
        Assert.True(rows > 0 && refused > 0);
    }

    private static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable($"PENSTOCK_FUZZ_{name}"), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : otherwise;

    private static byte[] Stream(Random random, out List<int> lengths)
    {
        var bytes = new List<byte>([.. "PGCOPY\n"u8, 0xFF, .. "\r\n\0"u8, 0, 0, 0, 0, 0, 0, 0, 0]);
        lengths = [11, 15];
        int columns = random.Next(1, 6);
        for (int row = random.Next(1, 5); row > 0; row--)
        {
            bytes.AddRange([0, (byte)columns]);
            for (int i = 0; i < columns; i++)
            {
                byte[] text = new byte[random.Next(200) == 0 ? random.Next(200_000) : random.Next(40)];
                random.NextBytes(text);
                lengths.Add(bytes.Count);
                bytes.AddRange(random.Next(5) == 0 ? [0xFF, 0xFF, 0xFF, 0xFF] : [.. BigEndian(text.Length), .. text]);
            }
        }

        bytes.AddRange([0xFF, 0xFF]);
        return [.. bytes];
    }

    private static void Break(ref byte[] bytes, List<int> lengths, Random random)
    {
        int at = random.Next(bytes.Length);
        switch (random.Next(6))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes = bytes[..at];
                break;
            case 2:
                bytes = [.. bytes[..at], (byte)random.Next(256), .. bytes[at..]];
                break;
            case 3:
                bytes = [.. bytes[..at], .. bytes[random.Next(at, bytes.Length)..]];
                break;
            default:
                int place = lengths[random.Next(lengths.Count)];
                int lie = random.Next(2) == 0 ? Lies[random.Next(Lies.Length)] : BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(place)) + random.Next(-1, 2);
                BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(place), lie);
                break;
        }
    }

    private static (List<string> Rows, MalformedWalException? Error) Run(byte[] bytes, Random random)
    {
        var rows = new List<string>();
        try
        {
            using var reader = new CopyRows(new Pieces(bytes, random), Oid);
            var row = new RowBytes();
            while (reader.HasRow)
            {
                row.Clear();
                reader.ReadRow(row);
                rows.Add(Digest(row.Bytes));
            }

            return (rows, null);
        }
        catch (MalformedWalException error)
        {
            return (rows, error);
        }
    }

    // The second reading: one that holds all bytes and looks at nothing twice.
    private static (List<string> Rows, bool Sound) Read(byte[] bytes)
    {
        var rows = new List<string>();
        if (!bytes.AsSpan().StartsWith((byte[])[.. "PGCOPY\n"u8, 0xFF, .. "\r\n\0"u8]) || bytes.Length < 19 || bytes[15] + bytes[16] + bytes[17] + bytes[18] != 0)
        {
            return (rows, false);
        }

        int at = 19;
        while (at + 2 <= bytes.Length)
        {
            int count = BinaryPrimitives.ReadInt16BigEndian(bytes.AsSpan(at));
            at += 2;
            if (count < 0)
            {
                return (rows, count == -1);
            }

            var row = new List<byte>([(byte)'I', .. BigEndian((int)Oid), (byte)'N', bytes[at - 2], bytes[at - 1]]);
            for (int i = 0; i < count; i++)
            {
                int length = at + 4 <= bytes.Length ? BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at)) : -2;
                at += 4;
                if (length < -1 || length > bytes.Length - at)
                {
                    return (rows, false);
                }

                row.AddRange(length < 0 ? [(byte)'n'] : [(byte)'t', .. bytes[(at - 4)..(at + length)]]);
                at += Math.Max(length, 0);
            }

            // A row counts as read once it is known what follows it.
            if (at + 2 > bytes.Length || BinaryPrimitives.ReadInt16BigEndian(bytes.AsSpan(at)) < -1)
            {
                return (rows, false);
            }

            rows.Add(Digest([.. row]));
        }

        return (rows, false);
    }

    private static string Digest(ReadOnlySpan<byte> row) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(row));

    private static byte[] BigEndian(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    /// <summary>Gives the bytes in pieces of random sizes, as a socket does.</summary>
    private sealed class Pieces(byte[] bytes, Random random) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, random.Next(1, 1 << random.Next(1, 18))));
    }
}
