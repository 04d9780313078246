using System.Text.Json;
using Penstock.Engine.Operations;
using Penstock.Engine.Watching;

namespace Penstock.EngineTests.Watching;

public class WatchHistoryTests
{
    [Fact]
    public void Looks_become_points_of_five_seconds()
    {
        var history = new WatchHistory();
        for (int second = 0; second <= 12; second++)
        {
            history.Sample(second * 1000, second * 10, second == 3 ? 7.5 : second < 7 ? 1 : null, second, second == 2 ? 250 : -1);
        }

        Assert.Equal("""{"at":[5000,10000],"rate":[10,10],"lag":[7.5,1],"amount":[5,10],"delivery":[250,null]}""", Json(history, 0, out long made));
        Assert.Equal(2, made);
        Assert.Equal("""{"at":[10000],"rate":[10],"lag":[1],"amount":[10],"delivery":[null]}""", Json(history, 1, out _));
        Assert.Equal("""{"at":[],"rate":[],"lag":[],"amount":[],"delivery":[]}""", Json(history, 2, out _));
    }

    [Fact]
    public void An_hour_is_kept_and_a_clock_that_is_set_back_does_no_harm()
    {
        var history = new WatchHistory();
        for (long i = 0; i <= 1000; i++)
        {
            history.Sample(i * WatchHistory.StepMs, i, null, null, -1);
        }

        using var document = JsonDocument.Parse(Json(history, 0, out long made));
        var at = document.RootElement.GetProperty("at");
        Assert.Equal((1000, WatchHistory.MostPoints, 281 * WatchHistory.StepMs), (made, at.GetArrayLength(), at[0].GetInt64()));
        history.Sample(1000, 1000, null, null, -1);
        history.Sample(1000 + WatchHistory.StepMs, 1050, null, null, -1);
        Assert.Equal("""{"at":[6000],"rate":[10],"lag":[null],"amount":[null],"delivery":[null]}""", Json(history, 1000, out _));
    }

    [Fact]
    public void A_look_allocates_nothing()
    {
        using var sampler = new WatchSampler(new HealthState());
        sampler.Look();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            sampler.Look();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static string Json(WatchHistory history, long after, out long made)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            made = history.Write(json, after);
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(bytes.ToArray());
    }
}
