using Penstock.Debezium.Events;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Transforms;

/// <summary>
/// The headers that transforms have added to a delete, for its tombstone: Debezium's connector gives both records one list of headers, and a transform adds to the list, not to the record
/// (seen with a running Debezium; also where the delete itself goes no further).
/// </summary>
internal sealed class InheritedHeaders
{
    private readonly JsonBuffer _json = new();
    private (TransformStage Stage, int Index, int End)[] _headers = new (TransformStage, int, int)[8];

    public int Count { get; private set; }

    public void Clear()
    {
        Count = 0;
        _json.Clear();
    }

    /// <summary>Keeps what the chain has added to a delete.</summary>
    public void Keep(RecordDraft draft, scoped in RowChange change)
    {
        foreach (var (stage, index) in draft.Headers)
        {
            if (Count == _headers.Length)
            {
                Array.Resize(ref _headers, _headers.Length * 2);
            }

            _json.Add(stage.HeaderJson(index, change));
            _headers[Count++] = (stage, index, _json.Length);
        }
    }

    public void Write(SlabWriter output)
    {
        int start = 0;
        foreach (var (stage, index, end) in _headers.AsSpan(0, Count))
        {
            HeaderText.Write(stage.HeaderName(index), _json.Span[start..end], output);
            start = end;
        }
    }
}
