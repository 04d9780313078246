using Penstock.Engine.Commands;
using Penstock.Engine.Configuration;
using Penstock.KafkaToPostgres.Settings;

namespace Penstock.KafkaToPostgres.Commands;

/// <summary>How <c>kafka-to-postgres</c> speaks of itself.</summary>
internal static class KafkaToPostgresProgram
{
    public static ProgramDescription Description { get; } = new(
        "kafka-to-postgres",
        "Keeps Postgres tables in step with the change events in Kafka topics.",
        "Apply changes until a signal ends it (SIGTERM or SIGINT: commit what was read, then end; a second one: end at once).",
        "Check the settings and look whether database and broker are ready; changes nothing.",
        static () => "Every setting is an environment variable. NAME_FILE instead of NAME reads the\n"
            + "value from a file; an empty variable counts as not given. Option a.b.c of\n"
            + "Debezium's JDBC sink is PENSTOCK_A_B_C; option x.y of librdkafka is\n"
            + "PENSTOCK_KAFKA_X_Y.\n\n"
            + SettingsHelp.PlainText(SinkCatalog.Catalog),
        static () => """
            # Settings of kafka-to-postgres

            This page is made by `kafka-to-postgres help settings --markdown`. The rules are those of [postgres-to-kafka](settings.md): environment variables only, `NAME_FILE` for secrets, nothing is ignored.
            Option `a.b.c` of Debezium's JDBC sink is `PENSTOCK_A_B_C`; option `x.y` of librdkafka's consumer is `PENSTOCK_KAFKA_X_Y`.


            """ + SettingsHelp.Markdown(SinkCatalog.Catalog));
}
