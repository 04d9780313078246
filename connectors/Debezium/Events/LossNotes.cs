using System.Buffers.Binary;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Events;

/// <summary>
/// The columns of one event whose value is not what the row holds, for two headers (<c>PENSTOCK_COMPAT=correct</c>): <c>__penstock.unavailable</c> for TOASTed values that the server did
/// not send, <c>__penstock.lost</c> for values that have no form. Each is a JSON array of paths such as <c>["after.body"]</c>. Most events have neither.
/// </summary>
internal sealed class LossNotes
{
    private readonly JsonBuffer _unavailable = new();
    private readonly JsonBuffer _lost = new();
    private byte[] _section = [];

    public static byte[] Before { get; } = [.. "before."u8];

    public static byte[] After { get; } = [.. "after."u8];

    /// <summary>How many headers there are to write.</summary>
    public int Count => (_unavailable.Length > 0 ? 1 : 0) + (_lost.Length > 0 ? 1 : 0);

    /// <summary>Forgets the event before.</summary>
    public void Clear()
    {
        _unavailable.Clear();
        _lost.Clear();
        _section = [];
    }

    /// <summary>What is written from now on is that part of the event; an empty one (a key) is not noted.</summary>
    public void Enter(byte[] section) => _section = section;

    public void AddUnavailable(ColumnSlot slot) => Add(_unavailable, slot);

    public void AddLost(ColumnSlot slot) => Add(_lost, slot);

    /// <summary>Writes the headers that there are, behind a count that includes them.</summary>
    public void Write(SlabWriter output)
    {
        Write("__penstock.unavailable"u8, _unavailable, output);
        Write("__penstock.lost"u8, _lost, output);
    }

    private void Add(JsonBuffer paths, ColumnSlot slot)
    {
        if (_section.Length > 0)
        {
            // The prefix is ,"name": with the name as JSON wants it.
            paths.Add(paths.Length == 0 ? "[\""u8 : ",\""u8).Add(_section).Add(slot.Prefix.AsSpan(2, slot.Prefix.Length - 3));
        }
    }

    private static void Write(ReadOnlySpan<byte> name, JsonBuffer paths, SlabWriter output)
    {
        if (paths.Length == 0)
        {
            return;
        }

        WriteSized(name, output);
        var length = output.GetSpan(sizeof(int));
        BinaryPrimitives.WriteInt32BigEndian(length, paths.Length + 1);
        output.Advance(sizeof(int));
        output.Write(paths.Span);
        output.WriteByte((byte)']');
    }

    private static void WriteSized(ReadOnlySpan<byte> bytes, SlabWriter output)
    {
        BinaryPrimitives.WriteInt32BigEndian(output.GetSpan(sizeof(int)), bytes.Length);
        output.Advance(sizeof(int));
        output.Write(bytes);
    }
}
