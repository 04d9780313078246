using System.Text.Json;
using Penstock.Engine.Flow;

namespace Penstock.Debezium.Transforms;

/// <summary>Numbers of topics that rows name, found by the name's bytes: a name that came before costs no allocation.</summary>
internal sealed class TopicNumbers(TopicTable topics, Func<string, string> topicOf)
{
    private readonly Dictionary<byte[], int> _known = new(BytesComparer.Instance);

    /// <summary>The topic for a row's value, given as a JSON string; -1 for a null or blank one.</summary>
    public int Find(ReadOnlySpan<byte> json)
    {
        if (_known.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(json, out int topic))
        {
            return topic;
        }

        var reader = new Utf8JsonReader(json);
        reader.Read();
        string? name = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        topic = string.IsNullOrWhiteSpace(name) ? -1 : topics.Add(topicOf(name));
        _known.Add(json.ToArray(), topic);
        return topic;
    }

    private sealed class BytesComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static BytesComparer Instance { get; } = new();

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());
    }
}
