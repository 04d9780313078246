using System.Text;
using Penstock.Debezium.Values;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Columns;

/// <summary>The same number of asterisks for every value, a NULL included (capture A21).</summary>
internal sealed class MaskedEncoder(ValueEncoder column, int characters) : ChangedEncoder(column)
{
    public override bool ReadsAsNull => false;

    /// <summary>What is written for any value.</summary>
    public byte[] Mask { get; } = Encoding.ASCII.GetBytes($"\"{new string('*', characters)}\"");

    public override void Write(ReadOnlySpan<byte> text, SlabWriter output) => output.Write(Mask);

    public override void WriteUnavailable(SlabWriter output) => output.Write(Mask);

    public override void WriteZero(SlabWriter output) => output.Write(Mask);

    public override byte[] ChangeDefault(byte[]? json) => Mask;
}
