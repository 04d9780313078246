using Penstock.Kafka.Connection;
using Penstock.Postgres.Catalog;
using Penstock.Postgres.Connection;
using Penstock.Postgres.Publication;
using Penstock.Postgres.Slot;
using Penstock.Postgres.State;
using Penstock.PostgresToKafka.Settings;
using PipelineMemory = Penstock.Postgres.State.PipelineState;

namespace Penstock.PostgresToKafka.Pipeline;

/// <summary><c>destroy</c>: takes away what the pipeline made in its source, and lists what stays (R35). May be typed twice (R36). Topics are never touched.</summary>
internal sealed class PipelineRemoval(PipelineOptions options, TextWriter output, TextWriter error)
{
    private readonly CaptureOptions _capture = options.Capture;
    private readonly SourceVisit _source = SourceVisit.Saying(options, error);

    /// <summary>Returns the exit code.</summary>
    /// <param name="confirmed">The pipeline's name, typed again.</param>
    public int Run(string confirmed)
    {
        if (confirmed != options.Name)
        {
            return _source.Refuse(Verdict.Settings, $"--confirm says \"{confirmed}\", but the settings are those of pipeline \"{options.Name}\" (PENSTOCK_NAME): nothing was done.");
        }

        return _source.Run(Remove);
    }

    private int Remove(SourceDatabase database, KafkaConnection kafka)
    {
        using var connection = database.Open();
        var slot = database.Translated(() => ReplicationSlots.Find(connection, _capture.SlotName));
        if (slot is { IsActive: true })
        {
            return _source.Refuse(Verdict.Preflight, $"slot \"{slot.Name}\" is read by process {slot.ActivePid} of the server: stop the pipeline first, which would make anew what is taken away. Nothing was done.");
        }

        var stays = new List<string>();
        // What endangers the server comes first; the record last, so that a second try after a failure knows what the first one knew.
        RemoveSlot(database, slot, stays);
        RemovePublication(database, stays);
        RemoveState(database, stays);
        var captured = database.Translated(() => CapturedTables.Select(CapturedTables.ReadAll(connection), OptionMapping.Selection(options)));
        var topics = OptionMapping.Topics(options, OptionMapping.Format(options, database.Url.Database), captured).Select(kafka.Topic).ToArray();
        foreach (string line in stays)
        {
            output.WriteLine($"stays      {line}");
        }

        output.WriteLine($"stays      {topics.Length} topics, as far as the tables of now tell, if they are there; to delete them, type:");
        foreach (string topic in topics)
        {
            output.WriteLine($"           {(kafka.IsHeroku ? $"heroku kafka:topics:destroy {TopicPlan.Bare(kafka, topic)}" : $"kafka-topics.sh --bootstrap-server {kafka.BootstrapServers} --delete --topic {topic}")}");
        }

        return Verdict.Success;
    }

    private void RemoveSlot(SourceDatabase database, SlotState? slot, List<string> stays)
    {
        if (slot is { IsLost: false } && ReplicationSlots.Unusable(slot, database.Url.Database) is { } foreign)
        {
            stays.Add(foreign);
            return;
        }

        using var connection = database.Open();
        bool isDropped = database.Translated(() => ReplicationSlots.Drop(connection, _capture.SlotName));
        output.WriteLine($"slot       {_capture.SlotName} {(isDropped ? "is dropped" : "was gone already")}");
    }

    /// <summary>The filtered one follows the tables of this pipeline and is its own; any other may serve somebody else.</summary>
    private void RemovePublication(SourceDatabase database, List<string> stays)
    {
        using var connection = database.Open();
        bool isThere = database.Translated(() => Publications.Find(connection, _capture.PublicationName)) is not null;
        if (!isThere)
        {
            output.WriteLine($"publication {_capture.PublicationName} was gone already");
        }
        else if (_capture.PublicationAutocreate == PublicationAutocreate.Filtered)
        {
            database.Translated(() =>
            {
                Publications.Drop(connection, _capture.PublicationName);
                return true;
            });
            output.WriteLine($"publication {_capture.PublicationName} is dropped");
        }
        else
        {
            stays.Add($"publication {_capture.PublicationName}, which may serve others (PENSTOCK_PUBLICATION_AUTOCREATE_MODE); type: DROP PUBLICATION {SqlName.Quote(_capture.PublicationName)};");
        }
    }

    private void RemoveState(SourceDatabase database, List<string> stays)
    {
        if (_capture.State == StateWish.None || !StateRights.AreThere(database))
        {
            stays.Add("the state, if there is any: none is kept, or the user may not touch it");
            return;
        }

        var state = new PipelineMemory(database, options.Name, isKept: true);
        var record = state.Read();
        if (record is not null && record.SlotName != _capture.SlotName)
        {
            stays.Add($"slot {record.SlotName}, which the state named; to drop it, type: SELECT pg_drop_replication_slot({SqlName.Literal(record.SlotName)});");
        }

        state.Delete();
        output.WriteLine($"state      of {options.Name} {(record is not null ? "is deleted" : "was gone already")}");
        stays.Add("schema penstock, which other pipelines of this database share; the last one's can go: DROP SCHEMA penstock CASCADE;");
    }
}
