using System.Runtime.InteropServices;
using Confluent.Kafka;
using Penstock.Kafka.Connection;
using Penstock.Kafka.Native;

namespace Penstock.Kafka.Producing;

/// <summary>
/// A producer of librdkafka whose events (delivery reports, errors, log) one thread of its own takes from the queue.
/// </summary>
internal sealed unsafe class NativeClient : IDisposable
{
    // Events and the end of the client end the wait.
    private const int PollTimeoutMs = 1000;
    private const int ReportsAtOnce = 1024;
    private const int ErrorTextBytes = 512;

    /// <summary>How long the end of the client's threads is waited for, each of the two times. It takes milliseconds, unless one of them hangs outside: in the resolver, or in a log that nobody reads.</summary>
    private const int CloseMs = 5000;

    private readonly ClientLog _log;
    private readonly Action<nint, int> _onDelivered;
    private readonly Action<NativeMessage> _onRefused;
    private readonly Action<ErrorCode, string> _onFatal;
    private readonly nint _queue;
    private readonly Thread _thread;
    private readonly int _closeMs;
    private volatile bool _closing;
    private int _disposed;

    /// <param name="config">As <see cref="KafkaConnection.NewProducerConfig"/> makes it.</param>
    /// <param name="log">Gets log and errors.</param>
    /// <param name="onDelivered">Told (what was given with the records, how many in a row) on the client's thread.</param>
    /// <param name="onRefused">Told of each record that was not delivered, on the client's thread.</param>
    /// <param name="onFatal">Called on the client's thread when the client is of no use any more.</param>
    /// <param name="closeMs">How long the end of the reports' thread is waited for, and then that of the client, milliseconds each.</param>
    /// <exception cref="InvalidOperationException">librdkafka refuses the settings, in its own words.</exception>
    internal NativeClient(
        ProducerConfig config, ClientLog log, Action<nint, int> onDelivered, Action<NativeMessage> onRefused, Action<ErrorCode, string> onFatal, int closeMs = CloseMs)
    {
        _closeMs = closeMs;
        _log = log;
        _onDelivered = onDelivered;
        _onRefused = onRefused;
        _onFatal = onFatal;
        Handle = Create(config);
        _queue = NativeKafka.MainQueue(Handle);
        _ = NativeKafka.SetLogQueue(Handle, _queue);
        _thread = new Thread(Poll) { IsBackground = true, Name = "kafka reports" };
        _thread.Start();
    }

    internal nint Handle { get; }

    /// <summary>The error that has made the client useless, or null.</summary>
    internal (ErrorCode Code, string Reason)? Fatal()
    {
        byte* errorText = stackalloc byte[ErrorTextBytes];
        int code = NativeKafka.FatalError(Handle, errorText, ErrorTextBytes);
        return code == 0 ? null : ((ErrorCode)code, NativeKafka.Text(errorText));
    }

    /// <summary>Drops what is queued: nothing of it is sent any more. What is on its way may arrive.</summary>
    internal void Purge()
    {
        const int queued = 1, inFlight = 2;
        _ = NativeKafka.Purge(Handle, queued | inFlight);
    }

    /// <summary>Destroys the client without waiting for what is queued, in ten seconds at most. Not from the client's own thread.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _closing = true;
            NativeKafka.QueueYield(_queue);
            if (!_thread.Join(_closeMs))
            {
                // It still uses the client, which stays then: better a leak than a client destroyed below its user.
                return;
            }

            ClientEnd.InTime(
                () =>
                {
                    NativeKafka.QueueDestroy(_queue);
                    NativeKafka.Destroy(Handle);
                },
                _closeMs);
        }
    }

    private static nint Create(ProducerConfig config)
    {
        byte* errorText = stackalloc byte[ErrorTextBytes];
        nint conf = NativeConfiguration.Of(config);
        _ = NativeKafka.ConfSet(conf, "log.queue", "true", errorText, ErrorTextBytes);
        NativeKafka.ConfSetEvents(conf, NativeKafka.DeliveryEvent | NativeKafka.LogEvent | NativeKafka.ErrorEvent);
        nint client = NativeKafka.New(NativeKafka.Producer, conf, errorText, ErrorTextBytes);
        if (client == 0)
        {
            NativeKafka.ConfDestroy(conf);
            throw new InvalidOperationException($"librdkafka makes no producer: {NativeKafka.Text(errorText)}");
        }

        return client;
    }

    private void Poll()
    {
        while (!_closing)
        {
            nint @event = NativeKafka.QueuePoll(_queue, PollTimeoutMs);
            if (@event != 0)
            {
                Dispatch(@event);
                NativeKafka.EventDestroy(@event);
            }
        }
    }

    private void Dispatch(nint @event)
    {
        switch (NativeKafka.EventType(@event))
        {
            case NativeKafka.DeliveryEvent:
                Report(@event);
                break;
            case NativeKafka.ErrorEvent:
                Error(@event);
                break;
            case NativeKafka.LogEvent when NativeKafka.EventLog(@event, out nint facility, out nint text, out int severity) == 0:
                _log.Log(severity, Marshal.PtrToStringUTF8(facility) ?? "", Marshal.PtrToStringUTF8(text) ?? "");
                break;
            default:
                break;
        }
    }

    private void Report(nint @event)
    {
        NativeMessage** messages = stackalloc NativeMessage*[ReportsAtOnce];
        while (true)
        {
            int count = (int)NativeKafka.EventMessages(@event, messages, ReportsAtOnce);
            if (count == 0)
            {
                return;
            }

            // Records of a batch come back in runs: one call for each run, not for each record.
            nint opaque = 0;
            int run = 0;
            for (int i = 0; i < count; i++)
            {
                if (run > 0 && (messages[i]->Error != 0 || messages[i]->Opaque != opaque))
                {
                    _onDelivered(opaque, run);
                    run = 0;
                }

                if (messages[i]->Error != 0)
                {
                    _onRefused(*messages[i]);
                }
                else
                {
                    opaque = messages[i]->Opaque;
                    run++;
                }
            }

            if (run > 0)
            {
                _onDelivered(opaque, run);
            }
        }
    }

    private void Error(nint @event)
    {
        var code = (ErrorCode)NativeKafka.EventErrorCode(@event);
        string text = Marshal.PtrToStringUTF8(NativeKafka.EventErrorText(@event)) ?? "";
        if (Fatal() is { } fatal)
        {
            _onFatal(fatal.Code, fatal.Reason);
        }
        else
        {
            _log.Error(new Error(code, text));
        }
    }
}
