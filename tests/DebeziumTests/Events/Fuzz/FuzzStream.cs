using System.Buffers.Binary;
using System.Text.Json;
using Penstock.DebeziumTests.Golden;
using Penstock.Postgres.Catalog;

namespace Penstock.DebeziumTests.Events.Fuzz;

/// <summary>A whole message as a server wrote it.</summary>
/// <param name="Bytes">The message.</param>
/// <param name="Fields">Its parts.</param>
/// <param name="Version">The version of the catalogue that is asked about it.</param>
internal sealed record FuzzMessage(byte[] Bytes, WireField[] Fields, int Version);

/// <summary>A stream that mutations begin with: messages, the catalogue they belong to, and the options of the case they are from.</summary>
internal sealed record FuzzStream(string Name, ICatalog Catalog, Action<int> At, IReadOnlyDictionary<string, string> Options, FuzzMessage[] Messages)
{
    private const int MostMessages = 200;
    private const int MostBytes = 1 << 18;

    /// <summary>The stream of a case of a corpus; null for one without a stream or with one that is too long to go around in.</summary>
    public static FuzzStream? OfCase(string folder)
    {
        string path = Path.Combine(folder, "wal.jsonl");
        if (!File.Exists(path) || new FileInfo(path).Length > 2 * MostBytes)
        {
            return null;
        }

        byte[][] messages = [.. File.ReadLines(path).Where(line => line.Length > 0).Select(Data)];
        if (messages.Length is 0 or > MostMessages)
        {
            return null;
        }

        var options = new SortedDictionary<string, string>(StringComparer.Ordinal);
        JavaProperties.Read(Path.Combine(folder, "connector.properties"), options);
        var catalog = new GoldenCatalog(Path.Combine(folder, "catalog.json"));
        int[] versions = new int[messages.Length];
        for (int i = versions.Length - 1, current = 0; i >= 0; i--)
        {
            // The catalogue is read when a transaction arrives, which is after its commit: behind type, flags and the commit's LSN stands end_lsn.
            current = messages[i][0] == (byte)'C' ? catalog.VersionAt(BinaryPrimitives.ReadUInt64BigEndian(messages[i].AsSpan(10))) : current;
            versions[i] = current;
        }

        return new FuzzStream(Path.GetFileName(folder), catalog, catalog.At, options, [.. messages.Select((m, i) => Message(m, versions[i]))]);
    }

    public static FuzzMessage Message(byte[] bytes, int version) =>
        new(bytes, WireMap.Read(bytes) ?? throw new InvalidOperationException($"a message of type {(char)bytes[0]} that this reading does not know"), version);

    private static byte[] Data(string line)
    {
        using var document = JsonDocument.Parse(line);
        return document.RootElement.GetProperty("data").GetBytesFromBase64();
    }
}
