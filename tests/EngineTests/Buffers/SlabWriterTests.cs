using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Penstock.Engine.Buffers;

namespace Penstock.EngineTests.Buffers;

public class SlabWriterTests
{
    /// <summary>Records of any size, written in any pieces, into slabs of any size come out whole, in order, each within one slab.</summary>
    [Property(MaxTest = 300)]
    public Property Records_come_out_whole_and_in_order()
    {
        var cases =
            from slabBytes in Gen.Choose(64, 600)
            from records in Gen.ListOf(Gen.Choose(0, 900))
            from piece in Gen.Choose(1, 200)
            select (slabBytes, records.ToArray(), piece);
        return Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var (slabBytes, sizes, piece) = c;
            var pool = new SlabPool("test", slabBytes, 1);
            var expected = new List<byte[]>();
            var actual = new List<byte[]>();
            var ranges = new List<(int Start, int Length)>();
            var writer = new SlabWriter(pool, "test");
            void Collect(Slab slab)
            {
                actual.AddRange(ranges.Select(r => slab.Bytes.AsSpan(r.Start, r.Length).ToArray()));
                ranges.Clear();
                slab.Return();
            }

            writer.OnOverflow = Collect;
            byte next = 0;
            foreach (int size in sizes)
            {
                byte[] record = Enumerable.Range(0, size).Select(_ => next++).ToArray();
                expected.Add(record);
                writer.BeginRecord();
                for (int at = 0; at < size; at += piece)
                {
                    WritePiece(writer, record.AsSpan(at, Math.Min(piece, size - at)));
                }

                ranges.Add((writer.RecordStart, writer.RecordBytes));
            }

            if (writer.Detach() is { } last)
            {
                Collect(last);
            }

            Assert.Equal(expected, actual);
            Assert.Equal(0, pool.Outstanding);
        });
    }

    [Fact]
    public void An_abandoned_record_leaves_no_bytes()
    {
        var writer = new SlabWriter(new SlabPool("test", 128, 1), "test");
        writer.BeginRecord();
        writer.Write("first"u8);
        writer.BeginRecord();
        writer.Write("second"u8);
        writer.AbandonRecord();
        writer.BeginRecord();
        writer.WriteByte((byte)'x');
        Assert.Equal("firstx"u8.ToArray(), writer.Slab!.Bytes.AsSpan(0, writer.Position).ToArray());
    }

    private static void WritePiece(SlabWriter writer, ReadOnlySpan<byte> piece)
    {
        if (piece.Length == 1)
        {
            writer.WriteByte(piece[0]);
        }
        else if (piece.Length % 2 == 0)
        {
            writer.Write(piece);
        }
        else
        {
            piece.CopyTo(writer.GetSpan(piece.Length));
            writer.Advance(piece.Length);
        }
    }
}
