using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Confluent.Kafka;
using Penstock.Kafka.Native;

namespace Penstock.Kafka.Consuming;

/// <content>What librdkafka calls: the log from threads of its own, the others inside of a poll.</content>
public sealed unsafe partial class NativeConsumer
{
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnRebalance(nint client, int code, NativePartitionList* list, nint opaque)
    {
        var self = (NativeConsumer)GCHandle.FromIntPtr(opaque).Target!;
        var named = new List<(string Topic, int Partition)>(list->Count);
        for (int i = 0; i < list->Count; i++)
        {
            named.Add((NativeKafka.Text(list->Elements[i].Topic), list->Elements[i].Partition));
        }

        if (!self._isClosing)
        {
            self._asked.Enqueue((code, named));
            return;
        }

        // Leaving the group waits for this; the target is not asked any more, so nothing can fail.
        self.DropPending([.. named]);
        nint error = code == NativeConsumerApi.AssignPartitions ? 0 : NativeConsumerApi.IncrementalUnassign(client, list);
        if (error != 0)
        {
            NativeKafka.ErrorDestroy(error);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnLog(nint client, int severity, byte* facility, byte* text)
    {
        if (client != 0 && GCHandle.FromIntPtr(NativeConsumerApi.Opaque(client)).Target is NativeConsumer self)
        {
            self._log.Log(severity, NativeKafka.Text(facility), NativeKafka.Text(text));
        }
    }

    // Without it librdkafka writes what is wrong with the brokers into its log alone, whose lines of that kind are held to be said here.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnError(nint client, int code, byte* reason, nint opaque) =>
        ((NativeConsumer)GCHandle.FromIntPtr(opaque).Target!)._log.Error(new Error((ErrorCode)code, NativeKafka.Text(reason)));
}
