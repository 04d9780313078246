using System.Text.Json;
using Penstock.Engine.Flow;

namespace Penstock.Debezium.Transforms;

/// <summary>Numbers of topics that rows name, found by the name's bytes: a name that came before costs no allocation.</summary>
internal sealed class TopicNumbers(TopicTable topics, Func<string, string> topicOf)
{
    private readonly Dictionary<byte[], int> _known = new(BytesComparer.Instance);

    /// <summary>The topic for a row's value, given as a JSON string; -1 for a null, or where the topic's name would be blank.</summary>
    public int Find(ReadOnlySpan<byte> json)
    {
        if (_known.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(json, out int topic))
        {
            return topic;
        }

        var reader = new Utf8JsonReader(json);
        reader.Read();
        string? name = reader.TokenType == JsonTokenType.String ? topicOf(reader.GetString()!) : null;
        topic = string.IsNullOrWhiteSpace(name) ? -1 : topics.Add(name);
        _known.Add(json.ToArray(), topic);
        return topic;
    }
}
