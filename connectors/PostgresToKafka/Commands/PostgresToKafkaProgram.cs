using Penstock.Engine.Commands;

namespace Penstock.PostgresToKafka.Commands;

/// <summary>How <c>postgres-to-kafka</c> speaks of itself.</summary>
internal static class PostgresToKafkaProgram
{
    public static ProgramDescription Description { get; } = new(
        "postgres-to-kafka",
        "Carries committed changes of Postgres tables into Kafka topics.",
        "Carry changes until a signal ends it (SIGTERM or SIGINT: deliver what was read, then end; a second one: end at once).",
        "Check the settings and look whether database and broker are ready; changes nothing.",
        SettingsPage.PlainText,
        SettingsPage.Markdown);
}
