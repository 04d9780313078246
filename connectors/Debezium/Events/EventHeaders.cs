using System.Buffers.Binary;
using System.Text;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Events;

/// <summary>
/// Writes a record's headers in the form that <see cref="Engine.Flow.Record.HeadersOffset"/> describes: the four context headers (section 2.4) if they are on, and before them the
/// other key of a key change.
/// </summary>
internal sealed class EventHeaders
{
    /// <summary>Header of the delete that a key change begins with.</summary>
    public const string NewKey = "__debezium.newkey";

    /// <summary>Header of the create that it ends with.</summary>
    public const string OldKey = "__debezium.oldkey";

    private readonly byte[] _context;
    private readonly byte[] _contextAlone;
    private readonly short _contextCount;

    public EventHeaders(EventFormat format)
    {
        if (!format.ExtendedHeaders)
        {
            _context = _contextAlone = [];
            return;
        }

        _contextCount = (short)ContextNames.Count;
        _context = [.. ContextNames.Zip(Values(format)).SelectMany(h => (byte[])[.. Sized(h.First), .. Sized(h.Second)])];
        _contextAlone = [0, (byte)_contextCount, .. _context];
    }

    /// <summary>Names of the context headers, in their order.</summary>
    public static IReadOnlyList<string> ContextNames { get; } =
        ["__debezium.context.connectorLogicalName", "__debezium.context.taskId", "__debezium.context.connectorName", "__debezium.context.runId"];

    /// <summary>Their values.</summary>
    public static string[] Values(EventFormat format) => [format.TopicPrefix, "0", format.SourceConnector, format.RunId];

    /// <summary>The headers of an ordinary row event or tombstone; nothing if they are off.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="more">Headers that the caller writes behind these.</param>
    public void WriteContext(SlabWriter output, int more = 0)
    {
        if (more == 0)
        {
            output.Write(_contextAlone);
            return;
        }

        BinaryPrimitives.WriteInt16BigEndian(output.GetSpan(sizeof(short)), (short)(_contextCount + more));
        output.Advance(sizeof(short));
        output.Write(_context);
    }

    /// <summary>The headers of a key change: the other key as SimpleHeaderConverter writes a struct, then the context.</summary>
    /// <param name="name"><c>__debezium.newkey</c> or <c>__debezium.oldkey</c>.</param>
    /// <param name="key">The other key's header text.</param>
    /// <param name="output">Where to.</param>
    /// <param name="more">Headers that the caller writes behind these.</param>
    public void WriteKeyChange(ReadOnlySpan<byte> name, ReadOnlySpan<byte> key, SlabWriter output, int more = 0)
    {
        var span = output.GetSpan(sizeof(short) + sizeof(int) + name.Length + sizeof(int));
        BinaryPrimitives.WriteInt16BigEndian(span, (short)(_contextCount + 1 + more));
        BinaryPrimitives.WriteInt32BigEndian(span[2..], name.Length);
        name.CopyTo(span[6..]);
        BinaryPrimitives.WriteInt32BigEndian(span[(6 + name.Length)..], key.Length);
        output.Advance(10 + name.Length);
        output.Write(key);
        output.Write(_context);
    }

    private static byte[] Sized(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        byte[] sized = new byte[sizeof(int) + bytes.Length];
        BinaryPrimitives.WriteInt32BigEndian(sized, bytes.Length);
        bytes.CopyTo(sized, sizeof(int));
        return sized;
    }
}
