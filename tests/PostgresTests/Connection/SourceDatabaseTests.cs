using Npgsql;
using Penstock.Postgres.Connection;
using Penstock.Servers;

namespace Penstock.PostgresTests.Connection;

[Collection(PostgresCollection.Name)]
public sealed class SourceDatabaseTests(PostgresFixture postgres)
{
    [Fact]
    public void No_such_database_and_no_such_user_need_a_person()
    {
        using var nowhere = new SourceDatabase(postgres.Url("nowhere"));
        var failure = Assert.Throws<DatabaseException>(nowhere.Open);
        Assert.Equal(FailureClass.Preflight, failure.Failure);
        Assert.Contains("\"nowhere\"", failure.Message, StringComparison.Ordinal);
        using var nobody = new SourceDatabase(postgres.Url("postgres", "nobody_here"));
        Assert.Equal(FailureClass.Preflight, Assert.Throws<DatabaseException>(nobody.Open).Failure);
    }

    [Fact]
    public void Initial_statements_run_on_every_ordinary_connection_and_cannot_change_how_values_are_written()
    {
        using var database = new SourceDatabase(postgres.Url("postgres"), ["SET app.name = 'a;b'", "SET timezone = 'Asia/Tokyo'"]);
        foreach (var open in (Func<NpgsqlConnection>[])[database.Open, database.OpenOwn, database.OpenPatient])
        {
            using var connection = open();
            using var command = new NpgsqlCommand("SELECT current_setting('app.name')", connection);
            Assert.Equal("a;b", command.ExecuteScalar());
        }

        using var patient = database.OpenPatient();
        using var zone = new NpgsqlCommand("SELECT current_setting('timezone')", patient);
        Assert.Equal("UTC", zone.ExecuteScalar());
        using var wrong = new SourceDatabase(postgres.Url("postgres"), ["SELEKT"]);
        var failure = Assert.Throws<DatabaseException>(wrong.Open);
        Assert.Equal(FailureClass.Preflight, failure.Failure);
        Assert.Contains("PENSTOCK_DATABASE_INITIAL_STATEMENTS", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_where_nothing_listens_may_pass()
    {
        using var database = new SourceDatabase(postgres.Url("postgres") with { Port = FreePort.Find() });
        var failure = Assert.Throws<DatabaseException>(database.Open);
        Assert.Equal(FailureClass.Unavailable, failure.Failure);
        Assert.Contains("nothing listens at 127.0.0.1:", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_without_TLS_is_told_from_a_broken_one()
    {
        using var database = new SourceDatabase(postgres.Url("postgres") with { Tls = TlsMode.Require });
        var failure = Assert.Throws<DatabaseException>(database.Open);
        Assert.Equal(FailureClass.Preflight, failure.Failure);
        Assert.Contains("TLS", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("28P01", FailureClass.Preflight)]
    [InlineData("28000", FailureClass.Preflight)]
    [InlineData("3D000", FailureClass.Preflight)]
    [InlineData("42501", FailureClass.Preflight)]
    [InlineData("53300", FailureClass.Unavailable)]
    [InlineData("57P03", FailureClass.Unavailable)]
    [InlineData("08006", FailureClass.Unavailable)]
    [InlineData("58P01", FailureClass.Unavailable)]
    [InlineData("25P04", FailureClass.Unavailable)]
    [InlineData("55006", FailureClass.SlotActive)]
    public void Every_SQLSTATE_has_a_class(string state, FailureClass expected)
    {
        var failure = DatabaseErrors.FromServer(state, "the server's words", postgres.Url("postgres"));
        Assert.Equal(expected, failure.Failure);
        Assert.Equal(state, failure.SqlState);
    }

    [Fact]
    public void A_defect_is_not_dressed_up_as_a_failure_of_the_database() =>
        Assert.Null(DatabaseErrors.Translate(new InvalidOperationException("defect"), postgres.Url("postgres")));
}
