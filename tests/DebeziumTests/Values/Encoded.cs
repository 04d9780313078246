using Penstock.Debezium.Values;
using Penstock.Engine.Buffers;
using Penstock.Postgres.Catalog;

namespace Penstock.DebeziumTests.Values;

/// <summary>One value through one encoder, as text on both sides.</summary>
internal static class Encoded
{
    /// <summary>A catalogue that knows only the given types.</summary>
    public static ICatalog Catalog(params CatalogType[] types) => new FixedCatalog(types);

    public static ValueEncoder Find(uint oid, int modifier = -1, ValueModes? modes = null, RowOrigin origin = RowOrigin.Stream, params CatalogType[] types) =>
        new EncoderTable(modes ?? new ValueModes(), Catalog(types)).Find(oid, modifier, origin) ?? throw new InvalidOperationException($"no encoder for {oid}");

    public static string Json(ValueEncoder encoder, string text) => Json(encoder, System.Text.Encoding.UTF8.GetBytes(text));

    public static string Json(ValueEncoder encoder, byte[] text) => Written(output => encoder.Write(text, output));

    public static string Written(Action<SlabWriter> write)
    {
        var writer = new SlabWriter(new SlabPool("test", 64, 1), "test");
        writer.BeginRecord();
        write(writer);
        return System.Text.Encoding.UTF8.GetString(writer.Slab!.Bytes.AsSpan(writer.RecordStart, writer.RecordBytes));
    }

    private sealed class FixedCatalog(CatalogType[] types) : ICatalog
    {
        public CatalogTable? FindTable(uint oid) => null;

        public CatalogType? FindType(uint oid) => Array.Find(types, type => type.Oid == oid);
    }
}
