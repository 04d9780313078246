using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Transforms;

/// <summary>Room for one piece of JSON outside of the output, kept from row to row.</summary>
internal sealed class JsonScratch
{
    // Blocks and single values are a few hundred bytes; a large value gets an oversized slab for once.
    private const int ScratchBytes = 16 * 1024;

    private readonly SlabWriter _writer = new(new SlabPool("transform scratch", ScratchBytes, 1), "decoder");

    /// <summary>What was written since <see cref="Begin"/>.</summary>
    public ReadOnlySpan<byte> Span => _writer.Slab!.Bytes.AsSpan(_writer.RecordStart, _writer.RecordBytes);

    /// <summary>Forgets what was written before.</summary>
    public SlabWriter Begin()
    {
        if (_writer.Slab is { Oversized: true })
        {
            _writer.Detach()!.Return();
        }
        else
        {
            _writer.AbandonRecord();
        }

        _writer.BeginRecord();
        return _writer;
    }
}
