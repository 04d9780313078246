using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>Bytes of JSON that are made once and copied often: stand-ins, schemas, defaults.</summary>
internal static class JsonFragment
{
    private const int FirstGuessBytes = 512;

    /// <summary>What <paramref name="write"/> writes, as an array of its own.</summary>
    public static byte[] From(Action<SlabWriter> write)
    {
        var writer = new SlabWriter(new SlabPool("fragment", FirstGuessBytes, 1), "fragment");
        writer.BeginRecord();
        write(writer);
        return writer.Slab!.Bytes.AsSpan(writer.RecordStart, writer.RecordBytes).ToArray();
    }
}
