using System.Security.Cryptography;
using System.Text;
using Penstock.Debezium.Reading;

namespace Penstock.PostgresToKafka.Verify;

/// <summary>What an event says its row is, in the bytes of the event.</summary>
internal static class RowImage
{
    /// <summary>128 bits of SHA-256: two keys or rows of 1,000,000,000 are taken for one with a chance of 10^-21.</summary>
    public static UInt128 Hash(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    /// <summary>What is inside of a schema.</summary>
    public static ReadOnlySpan<byte> Payload(ReadOnlySpan<byte> json) => json.IsEmpty ? json : Unwrapped(json, JsonScanner.Whole(json)).In(json);

    /// <summary>The new row of an envelope, and its operation; false for what is none, a delete included.</summary>
    /// <exception cref="MalformedEventException">It is no JSON.</exception>
    public static bool TryAfter(ReadOnlySpan<byte> json, out ReadOnlySpan<byte> after, out byte operation)
    {
        var payload = Unwrapped(json, JsonScanner.Whole(json));
        operation = payload.TryMember(json, "op"u8, out var op) && op is { Kind: JsonKind.Text, Length: 1 } ? json[op.Start] : (byte)0;
        bool isThere = payload.TryMember(json, "after"u8, out var row) && row.Kind == JsonKind.Object;
        after = isThere ? row.In(json) : default;
        return isThere;
    }

    /// <summary>
    /// Whether a row of the source and the topic's are the same in all that both tell. A column that the topic's does not have was added since, and one that says the placeholder was not sent.
    /// </summary>
    /// <param name="source">The row as it would be sent now.</param>
    /// <param name="topic">As it was sent last.</param>
    /// <param name="placeholders">What stands for values that were not sent.</param>
    public static bool IsSame(ReadOnlySpan<byte> source, ReadOnlySpan<byte> topic, Placeholders placeholders)
    {
        var sent = JsonScanner.Whole(topic);
        var members = new JsonScanner(source, JsonScanner.Whole(source));
        while (members.TryNext(out var name, out var value))
        {
            if (sent.TryMember(topic, name.In(source), out var other) && !value.In(source).SequenceEqual(other.In(topic)) && !placeholders.AreIn(other.In(topic)))
            {
                return false;
            }
        }

        return true;
    }

    private static JsonValue Unwrapped(ReadOnlySpan<byte> json, JsonValue whole) =>
        whole.TryMember(json, "payload"u8, out var payload) && whole.TryMember(json, "schema"u8, out _) && payload.Kind == JsonKind.Object ? payload : whole;
}

/// <summary>The forms in which the placeholder of a value that was not sent stands in events: as text, and as base64 where the column is of bytes.</summary>
internal sealed class Placeholders(string text)
{
    private readonly byte[] _text = Encoding.UTF8.GetBytes(text);
    private readonly byte[] _base64 = Encoding.UTF8.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes(text)));
    private readonly byte[] _hex = Encoding.UTF8.GetBytes(Convert.ToHexStringLower(Encoding.UTF8.GetBytes(text)));

    public bool AreIn(ReadOnlySpan<byte> json) => json.IndexOf(_text) >= 0 || json.IndexOf(_base64) >= 0 || json.IndexOf(_hex) >= 0;
}
