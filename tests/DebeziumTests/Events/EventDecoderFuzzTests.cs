using System.Globalization;
using Penstock.Debezium.Events;
using Penstock.Debezium.Values;
using Penstock.DebeziumTests.Golden;
using Penstock.Engine.Buffers;
using Penstock.Engine.Flow;
using Penstock.Postgres.Wal;
using Xunit.Abstractions;

namespace Penstock.DebeziumTests.Events;

/// <summary>
/// Broken messages: every one gives events or a typed error, never another exception, and no slab is lost. <c>PENSTOCK_FUZZ_MESSAGES</c> asks for more than the few of an ordinary run.
/// </summary>
public sealed class EventDecoderFuzzTests(ITestOutputHelper log) : ITableSelection
{
    // A second or two; a release is judged with millions.
    private const int OrdinaryMessages = 40_000;
    private const int SlabBytes = 1 << 20;

    [Fact]
    public void Mutated_messages_give_events_or_a_typed_error()
    {
        int wanted = int.TryParse(Environment.GetEnvironmentVariable("PENSTOCK_FUZZ_MESSAGES"), NumberStyles.None, CultureInfo.InvariantCulture, out int asked) ? asked : OrdinaryMessages;
        const int Seed = 20_260_815;
        var random = new Random(Seed);
        var cases = GoldenCorpus.Cases.Select(c => new GoldenCase(c)).Where(c => c.Messages.Count is > 0 and < 200 && c.Messages.Sum(m => m.Data.Length) < SlabBytes / 4).ToList();
        int decoded = 0;
        int refused = 0;
        long records = 0;
        var output = new SlabPool("records", SlabBytes, 1);
        var input = new SlabPool("wal", SlabBytes, 1);
        while (decoded + refused < wanted)
        {
            var golden = cases[random.Next(cases.Count)];
            var decoder = new EventDecoder(Format(random), golden.Catalog, this, new TopicTable(), output, b =>
            {
                records += b.Count;
                b.ReturnSlab();
            });
            foreach (var message in golden.Messages)
            {
                byte[] data = random.Next(3) == 0 ? Mutate(message.Data, random) : message.Data;
                var batch = new WalBatch { Slab = input.Rent("test", data.Length), ReceivedAtUnixNs = 1 };
                data.CopyTo(batch.Slab.Bytes, 0);
                // What lies behind the message must not matter: a read beyond its end would see other rubbish each time.
                random.NextBytes(batch.Slab.Bytes.AsSpan(data.Length, Math.Min(64, batch.Slab.CapacityBytes - data.Length)));
                batch.Add(new WalMessage(0, data.Length, message.Start));
                try
                {
                    decoder.Decode(batch);
                    decoded++;
                }
                catch (UndecodableEventException)
                {
                    refused++;
                }
                finally
                {
                    batch.ReturnSlab();
                }

                Assert.Equal(0, output.Outstanding);
            }
        }

        log.WriteLine($"seed {Seed}: {decoded} messages decoded into {records} records, {refused} refused");
        Assert.True(refused > 0 && decoded > 0);
    }

    public bool Includes(string schema, string table) => true;

    public bool IncludesColumn(string schema, string table, string column) => true;

    private static EventFormat Format(Random random) => DecoderBench.Format with
    {
        TransactionMetadata = random.Next(2) == 0,
        ExtendedHeaders = random.Next(2) == 0,
        KeySchemas = random.Next(4) == 0,
        SkippedOperations = EventOperations.None,
        Values = new ValueModes
        {
            Decimal = (DecimalMode)random.Next(3),
            Time = (TimeMode)random.Next(6),
            Binary = (BinaryMode)random.Next(4),
            IntervalAsText = random.Next(2) == 0,
            HstoreAsMap = random.Next(2) == 0,
            IncludeUnknown = random.Next(2) == 0,
        },
    };

    private static byte[] Mutate(byte[] message, Random random)
    {
        byte[] mutated = [.. message];
        for (int times = random.Next(1, 4); times > 0 && mutated.Length > 0; times--)
        {
            int at = random.Next(mutated.Length);
            switch (random.Next(5))
            {
                case 0:
                    mutated[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    mutated[at] = (byte)random.Next(256);
                    break;
                case 2:
                    mutated = mutated[..at];
                    break;
                case 3:
                    mutated = [.. mutated[..at], (byte)random.Next(256), .. mutated[at..]];
                    break;
                default:
                    mutated = [.. mutated[..at], .. mutated[random.Next(at, mutated.Length)..]];
                    break;
            }
        }

        return mutated;
    }
}
