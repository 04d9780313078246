using System.Buffers.Text;
using Penstock.Engine.Buffers;

namespace Penstock.Debezium.Values;

/// <summary>Whole numbers as JSON.</summary>
internal static class JsonNumber
{
    // "-9223372036854775808" has 20 characters.
    private const int LongestBytes = 20;

    public static void Write(long value, SlabWriter output)
    {
        Utf8Formatter.TryFormat(value, output.GetSpan(LongestBytes), out int written);
        output.Advance(written);
    }
}
