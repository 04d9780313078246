using Penstock.Engine.Configuration;
using Penstock.PostgresToKafka.Settings;

namespace Penstock.PostgresToKafka.Commands;

/// <summary>What <c>help settings</c> prints, and the page docs/settings.md, which is <c>help settings --markdown</c>.</summary>
internal static class SettingsPage
{
    public static string PlainText() =>
        "Every setting is an environment variable. NAME_FILE instead of NAME reads the\n"
        + "value from a file; an empty variable counts as not given. Option a.b.c of\n"
        + "Debezium's PostgreSQL connector is PENSTOCK_A_B_C; option x.y of librdkafka\n"
        + "is PENSTOCK_KAFKA_X_Y.\n\n"
        + SettingsHelp.PlainText(PipelineCatalog.Catalog);

    public static string Markdown() =>
        """
        # Settings of postgres-to-kafka

        This page is made by `postgres-to-kafka help settings --markdown`.

        - Every setting is an environment variable. There is no configuration file and no option of the command line for it.
        - **One rule for names**: option `a.b.c` of Debezium's PostgreSQL connector is `PENSTOCK_A_B_C`, e.g. `table.include.list` is `PENSTOCK_TABLE_INCLUDE_LIST`. Variables that
          platforms set themselves (`DATABASE_URL`, `KAFKA_URL`, `PORT`, ...) keep their names.
        - **Options of librdkafka** follow the same rule with `KAFKA_` in front: `linger.ms` is `PENSTOCK_KAFKA_LINGER_MS`, `log_level` is `PENSTOCK_KAFKA_LOG_LEVEL`. Any option a
          producer has may be given, except those that have a setting of their own here.
        - **Secrets from files**: `NAME_FILE` instead of `NAME` reads the value from the file it names, the last line end dropped. Both together are an error.
        - An empty variable counts as not given.
        - **Nothing is ignored**: an unknown `PENSTOCK_` name, a value that cannot be used, a missing value, and an option that Debezium has and this version has not are reported all
          together, before anything is touched, with exit code 2. Options that are fixed here (`plugin.name`, `tasks.max`, ...) may stay in a carried-over configuration with the one value that is right.
        - Where a default differs from Debezium's, the meaning says so.
        - `postgres-to-kafka check` shows what was understood, secrets masked, and whether database and broker are ready.

        Regular expressions in lists match the whole name, upper and lower case alike; a comma inside an expression is written `\,`.


        """ + SettingsHelp.Markdown(PipelineCatalog.Catalog);
}
