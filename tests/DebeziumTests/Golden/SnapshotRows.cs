using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Wal;

namespace Penstock.DebeziumTests.Golden;

/// <summary>
/// Rows of a case's initial snapshot as the messages that a snapshot makes of them: Relation and Insert, each row with its marker. A corpus' <c>wal.jsonl</c> has no such rows.
/// They are kept in the case's own <c>snapshot.jsonl</c>, or under <c>SnapshotRows</c> for cases of others.
/// </summary>
/// <remarks>
/// One line for each message: <c>marker</c>, <c>data</c> (base64). Rows recorded in another database than the case's catalogue have a first line: <c>setup</c>, and <c>tables</c> and
/// <c>types</c>, what the OIDs are called that differ from one database to another.
/// </remarks>
/// <param name="setup">The digest of the <c>setup.sql</c> that made the rows (<see cref="DigestOf"/>); null where they lie beside it.</param>
/// <param name="messages">Relation and Insert messages.</param>
/// <param name="tables">OIDs of the messages and what they are called (<see cref="NameOf"/>).</param>
/// <param name="types">The same for types.</param>
internal sealed class SnapshotRows(string? setup, IReadOnlyList<GoldenMessage> messages, IReadOnlyDictionary<uint, string> tables, IReadOnlyDictionary<uint, string> types)
{
    // Between schema and name: no identifier of a case has it.
    private const char Separator = '\u001f';

    /// <summary>Reads a file of rows; null if there is none.</summary>
    public static SnapshotRows? Read(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        string? setup = null;
        var messages = new List<GoldenMessage>();
        var tables = new Dictionary<uint, string>();
        var types = new Dictionary<uint, string>();
        foreach (string line in File.ReadLines(path).Where(l => l.Length > 0))
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.TryGetProperty("tables", out var named))
            {
                setup = document.RootElement.TryGetProperty("setup", out var digest) ? digest.GetString() : null;
                ReadNames(named, tables);
                ReadNames(document.RootElement.GetProperty("types"), types);
                continue;
            }

            messages.Add(new GoldenMessage(
                0, document.RootElement.GetProperty("data").GetBytesFromBase64(), Enum.Parse<SnapshotMarker>(document.RootElement.GetProperty("marker").GetString()!)));
        }

        return new SnapshotRows(setup, messages, tables, types);
    }

    /// <summary>Writes the rows so that <see cref="Read"/> finds them.</summary>
    public void Write(string path)
    {
        using var file = new StreamWriter(path) { NewLine = "\n" };
        file.WriteLine(JsonSerializer.Serialize(new { setup, tables = Names(tables), types = Names(types) }));
        foreach (var message in messages)
        {
            file.WriteLine(JsonSerializer.Serialize(new { marker = $"{message.Marker}", data = Convert.ToBase64String(message.Data) }));
        }
    }

    /// <summary>The messages with the OIDs of a case's catalogue.</summary>
    /// <exception cref="FormatException">The catalogue has no table or type of that name.</exception>
    public IReadOnlyList<GoldenMessage> In(GoldenCatalog catalog) => [.. messages.Select(message => message with { Data = Translate(message.Data, catalog) })];

    /// <summary>They were made by a case's <c>setup.sql</c>, not by another one's of the same name.</summary>
    public bool AreOf(GoldenCase golden) => setup is null || setup == DigestOf(golden.Folder);

    /// <summary>SHA-256 of the case's <c>setup.sql</c>.</summary>
    public static string DigestOf(string folder) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, "setup.sql"))));

    /// <summary>Schema and name in one text.</summary>
    public static string NameOf(string schema, string name) => $"{schema}{Separator}{name}";

    private byte[] Translate(byte[] data, GoldenCatalog catalog)
    {
        byte[] translated = [.. data];
        var oid = translated.AsSpan(1, 4);
        BinaryPrimitives.WriteUInt32BigEndian(oid, Table(BinaryPrimitives.ReadUInt32BigEndian(oid), catalog));
        if (translated[0] == 'R')
        {
            TranslateTypes(translated, catalog);
        }

        return translated;
    }

    // Relation: type byte, OID, schema, name, replica identity, count, then for each column flags, name, type's OID, modifier.
    private void TranslateTypes(byte[] relation, GoldenCatalog catalog)
    {
        int at = AfterText(relation, AfterText(relation, 5)) + 1;
        int columns = BinaryPrimitives.ReadInt16BigEndian(relation.AsSpan(at));
        at += 2;
        for (int i = 0; i < columns; i++)
        {
            at = AfterText(relation, at + 1);
            var oid = relation.AsSpan(at, 4);
            BinaryPrimitives.WriteUInt32BigEndian(oid, Type(BinaryPrimitives.ReadUInt32BigEndian(oid), catalog));
            at += 8;
        }
    }

    private uint Table(uint oid, GoldenCatalog catalog) => tables.TryGetValue(oid, out string? name)
        ? Split(name, catalog.FindTable) ?? throw new FormatException($"the snapshot has rows of {Shown(name)}, the catalogue has no such table")
        : oid;

    private uint Type(uint oid, GoldenCatalog catalog) => oid >= PostgresCatalog.FirstUserOid && types.TryGetValue(oid, out string? name)
        ? Split(name, catalog.FindType) ?? throw new FormatException($"the snapshot has a column of type {Shown(name)}, the catalogue has no such type")
        : oid;

    private static uint? Split(string name, Func<string, string, uint?> find)
    {
        string[] parts = name.Split(Separator);
        return find(parts[0], parts[1]);
    }

    private static string Shown(string name) => name.Replace(Separator, '.');

    private static int AfterText(byte[] data, int at) => Array.IndexOf(data, (byte)0, at) + 1;

    private static void ReadNames(JsonElement named, Dictionary<uint, string> into)
    {
        foreach (var name in named.EnumerateObject())
        {
            into[uint.Parse(name.Name, System.Globalization.CultureInfo.InvariantCulture)] = NameOf(name.Value[0].GetString()!, name.Value[1].GetString()!);
        }
    }

    private static Dictionary<string, string[]> Names(IReadOnlyDictionary<uint, string> names) =>
        names.ToDictionary(n => n.Key.ToString(System.Globalization.CultureInfo.InvariantCulture), n => n.Value.Split(Separator));
}
