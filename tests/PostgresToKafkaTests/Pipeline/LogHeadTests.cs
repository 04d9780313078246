using Penstock.PostgresToKafka.Pipeline;

namespace Penstock.PostgresToKafkaTests.Pipeline;

public class LogHeadTests
{
    [Fact]
    public void A_position_is_as_old_as_the_moment_at_which_the_log_ended_there()
    {
        var head = new LogHead();
        Assert.Null(head.SecondsSince(100, 0));
        head.Note(1000, 10_000);
        head.Note(1000, 15_000);
        head.Note(2000, 20_000);
        head.Note(2000, 25_000);

        Assert.Null(head.SecondsSince(0, 25_000));
        // At the end, or beyond the last look at it.
        Assert.Equal((0, 0), (head.SecondsSince(2000, 25_000), head.SecondsSince(5000, 26_000)));
        // Between two looks the log grew evenly; from the moment on at which it went on.
        Assert.Equal((7.5, 10, 5.5), (head.SecondsSince(1500, 25_000), head.SecondsSince(1000, 25_000), head.SecondsSince(1900, 25_000)));
        // From before the first look: as old as that at least.
        Assert.Equal(15, head.SecondsSince(500, 25_000));
        // Nobody has looked for long: nothing is known.
        Assert.Null(head.SecondsSince(2000, 25_001 + (6 * SlotGuard.PollMs)));
    }

    [Fact]
    public void Looks_of_the_last_hour_are_kept()
    {
        var head = new LogHead();
        for (int i = 1; i <= 2000; i++)
        {
            head.Note((ulong)i * 100, i * 5_000L);
        }

        Assert.Equal(500, head.SecondsSince(190_000, 10_000_000));
        Assert.Equal(719 * 5, head.SecondsSince(1, 10_000_000));
        // A server that was restored.
        head.Note(50, 10_005_000);
        Assert.Equal(0, head.SecondsSince(190_000, 10_005_000));
    }

    [Fact]
    public void Neither_a_look_nor_a_question_allocates()
    {
        var head = new LogHead();
        head.Note(1, 1);
        head.SecondsSince(1, 1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 2; i < 1000; i++)
        {
            head.Note((ulong)i, i);
            head.SecondsSince((ulong)i / 2, i);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
