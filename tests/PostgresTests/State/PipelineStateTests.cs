using Penstock.Postgres.Connection;
using Penstock.Postgres.State;

namespace Penstock.PostgresTests.State;

[Collection(PostgresCollection.Name)]
public sealed class PipelineStateTests(PostgresFixture postgres)
{
    [Fact]
    public async Task A_completed_snapshot_is_remembered_for_each_pipeline()
    {
        using var database = await postgres.NewDatabaseAsync();
        var state = new PipelineState(database, "it's", isKept: true);
        Assert.Null(state.Read());
        state.Ensure();
        state.Ensure();
        Assert.Null(state.Read());
        var server = ServerIdentity.Read(database);
        Assert.Equal(database.Scalar<string>("SELECT system_identifier::text FROM pg_control_system()"), server.SystemIdentifier);
        state.WriteSnapshotComplete("slot_a", server, 0x16_B374_D848);
        var record = state.Read()!;
        Assert.Equal(("it's", "slot_a", server.SystemIdentifier, server.Timeline, 0x16_B374_D848ul), (record.Name, record.SlotName, record.SystemIdentifier, record.Timeline, record.SnapshotLsn));
        Assert.InRange(record.SnapshotCompletedAt!.Value, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(5));
        Assert.Null(new PipelineState(database, "another", isKept: true).Read());
        state.WriteSnapshotComplete("slot_b", server, ulong.MaxValue);
        Assert.Equal(("slot_b", ulong.MaxValue), (state.Read()!.SlotName, state.Read()!.SnapshotLsn));
        state.Delete();
        Assert.Null(state.Read());
    }

    [Fact]
    public async Task Positions_and_gaps_are_remembered_and_a_table_of_an_earlier_version_gets_its_columns()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run(
            """
            CREATE SCHEMA penstock;
            CREATE TABLE penstock.pipeline (name text PRIMARY KEY, slot_name text NOT NULL, system_identifier text NOT NULL, timeline bigint NOT NULL, snapshot_lsn pg_lsn,
                snapshot_completed_at timestamptz, updated_at timestamptz NOT NULL DEFAULT now());
            INSERT INTO penstock.pipeline (name, slot_name, system_identifier, timeline) VALUES ('p', 's', '1', 1)
            """);
        var state = new PipelineState(database, "p", isKept: true);
        Assert.Equal((0ul, 0), (state.Read()!.ConfirmedLsn, state.Read()!.Gaps));
        state.Ensure();
        state.WriteConfirmed("s", new ServerIdentity("1", 2), 0x1_0000_0010);
        state.WriteGap("told");
        state.WriteGap("told again");
        var record = state.Read()!;
        Assert.Equal((0x1_0000_0010ul, 2, 2L, null), (record.ConfirmedLsn, record.Gaps, record.Timeline, record.SnapshotCompletedAt));
        Assert.Equal("told again", database.Scalar<string>("SELECT last_gap FROM penstock.pipeline"));
        state.WriteConfirmed("s", new ServerIdentity("1", 2), 5);
        Assert.Equal(5ul, state.Read()!.ConfirmedLsn);
    }

    [Fact]
    public async Task Without_the_right_to_keep_state_the_message_says_what_to_grant_and_the_alternative()
    {
        using var database = await postgres.NewDatabaseAsync();
        database.Run("DROP ROLE IF EXISTS stateless; CREATE ROLE stateless LOGIN");
        using var limited = new SourceDatabase(postgres.Url(database.Url.Database, "stateless"));
        var failure = Assert.Throws<DatabaseException>(new PipelineState(limited, "p", isKept: true).Ensure);
        Assert.Equal(FailureClass.Preflight, failure.Failure);
        Assert.Contains("CREATE SCHEMA penstock AUTHORIZATION \"stateless\";", failure.Message, StringComparison.Ordinal);
        Assert.Contains("PENSTOCK_STATE=none", failure.Message, StringComparison.Ordinal);
        var none = new PipelineState(limited, "p", isKept: false);
        none.Ensure();
        none.WriteSnapshotComplete("s", new ServerIdentity("1", 1), 1);
        Assert.Null(none.Read());

        // What the message says to type is enough.
        database.Run("CREATE SCHEMA penstock AUTHORIZATION stateless");
        var kept = new PipelineState(limited, "p", isKept: true);
        kept.Ensure();
        Assert.Null(kept.Read());
    }
}
