using Penstock.Debezium.Snapshots;

namespace Penstock.DebeziumTests.Snapshots;

public sealed class NotificationQueueTests
{
    [Fact]
    public void Members_stand_in_the_order_of_Debezium_s_records()
    {
        var told = new List<Notification>();
        var queue = new NotificationQueue("golden", toTopic: false, told.Add, TimeProvider.System);
        queue.IncrementalChunk("s1", "public.inc", ["public.inc"], ["5", null], ["2", "b"]);
        queue.IncrementalTableCompleted(null, "public.inc", ["public.inc", "public.b"], 5, "SUCCEEDED");
        Assert.Equal(
            ["current_collection_in_progress=public.inc", "connector_name=golden", "maximum_key=5,<null>", "data_collections=public.inc", "last_processed_key=2,b"],
            told[0].Data.Select(entry => $"{entry.Name}={entry.Value}"));
        Assert.Equal(("s1", "IN_PROGRESS", "Incremental Snapshot"), (told[0].Id, told[0].Type, told[0].Aggregate));
        Assert.Equal(
            ["scanned_collection=public.inc", "connector_name=golden", "total_rows_scanned=5", "data_collections=public.inc,public.b", "status=SUCCEEDED"],
            told[1].Data.Select(entry => $"{entry.Name}={entry.Value}"));
        Assert.True(Guid.TryParse(told[1].Id, out _));
    }
}
