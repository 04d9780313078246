namespace Penstock.PostgresToKafka.Settings;

/// <summary><c>publication.autocreate.mode</c>.</summary>
internal enum PublicationAutocreate
{
    /// <summary>Create the publication for the captured tables, and keep its table list in step.</summary>
    Filtered,

    /// <summary>Create it FOR ALL TABLES (superuser only).</summary>
    AllTables,

    /// <summary>It must exist.</summary>
    Disabled,

    /// <summary>Create it without tables; somebody else fills it.</summary>
    NoTables,
}

/// <summary><c>snapshot.mode</c>.</summary>
internal enum SnapshotMode
{
    /// <summary>The tables' rows first, once, then the stream.</summary>
    Initial,

    /// <summary>The stream only.</summary>
    NoData,

    /// <summary>The tables' rows only; then the pipeline ends.</summary>
    InitialOnly,

    /// <summary>The tables' rows at every start, then the stream.</summary>
    Always,

    /// <summary>As <see cref="Initial"/>, and again when the server has removed what the slot needed.</summary>
    WhenNeeded,

    /// <summary>By the settings <c>snapshot.mode.configuration.based.*</c>.</summary>
    ConfigurationBased,
}

/// <summary>Operations as <c>skipped.operations</c> lists them.</summary>
[Flags]
internal enum Operations
{
    None = 0,
    Create = 1,
    Update = 2,
    Delete = 4,
    Truncate = 8,
}

/// <summary><c>event.converting.failure.handling.mode</c>.</summary>
internal enum ConversionFailure
{
    /// <summary>The value becomes null; each column is named once in the log.</summary>
    Warn,

    /// <summary>The value becomes null and nothing is said.</summary>
    Skip,

    /// <summary>The pipeline stops, with all events before the row delivered.</summary>
    Fail,
}

/// <summary><c>reader</c>: what receives the replication stream.</summary>
internal enum ReaderKind
{
    Npgsql,
    Socket,
}

/// <summary><c>on.gap</c>: what happens when changes are missing for ever.</summary>
internal enum GapPolicy
{
    /// <summary>The pipeline ends and says what is missing.</summary>
    Fail,

    /// <summary>The tables are read again.</summary>
    Resnapshot,

    /// <summary>It goes on, and a record says so.</summary>
    Continue,
}
