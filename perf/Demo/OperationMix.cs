namespace Penstock.Demo;

/// <summary>What the workload does to a row.</summary>
internal enum Operation
{
    Insert,
    Update,
    Delete,
}

/// <summary>Chooses so that of the rows changed 60 % are inserts, 30 % updates and 10 % deletes: an order is deleted with its lines, so a choice is not one row.</summary>
internal sealed class OperationMix
{
    private static readonly double[] Shares = [0.6, 0.3, 0.1];

    private readonly long[] _rows = new long[3];

    /// <summary>The operation that is furthest behind its share.</summary>
    public Operation Next()
    {
        long all = _rows.Sum() + 1;
        int best = 0;
        for (int i = 1; i < Shares.Length; i++)
        {
            if ((Shares[i] * all) - _rows[i] > (Shares[best] * all) - _rows[best])
            {
                best = i;
            }
        }
        return (Operation)best;
    }

    public void Count(Operation operation, int rows) => _rows[(int)operation] += rows;
}
