using Penstock.Engine.Flow;
using Penstock.Micro.Cases;

namespace Penstock.Micro.Stages;

/// <summary>The watermark over batches that are reported back in two halves, in the order of the stream, with sixteen of them on the way at any moment.</summary>
internal sealed class WatermarkCase : MicroCase
{
    public const int Batches = 1000;

    private const int OnTheWay = 16;
    private const int RecordsOfBatch = 500;

    private readonly Watermark _watermark = new();
    private long _opened;

    public WatermarkCase()
    {
        for (int i = 0; i < OnTheWay; i++)
        {
            Open();
        }
    }

    public override string Name => "watermark";

    public override int Operations => Batches;

    public override string Unit => "batch";

    public override long Run()
    {
        for (int i = 0; i < Batches; i++)
        {
            Open();
            _watermark.Deliver(_opened - OnTheWay, RecordsOfBatch / 2);
            _watermark.Deliver(_opened - OnTheWay, RecordsOfBatch / 2);
        }

        return (long)_watermark.Position;
    }

    private void Open() => _watermark.Open(++_opened, RecordsOfBatch, (ulong)_opened * 100);
}
