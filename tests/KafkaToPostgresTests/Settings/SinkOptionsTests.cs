using Microsoft.Extensions.Configuration;
using Penstock.Engine.Configuration;
using Penstock.KafkaToPostgres.Settings;
using Penstock.KafkaToPostgres.Transactions;

namespace Penstock.KafkaToPostgresTests.Settings;

public class SinkOptionsTests
{
    private static readonly (string Name, string Value)[] Least =
        [("DATABASE_URL", "postgres://u:secret@h/d"), ("KAFKA_URL", "kafka://h:9092"), ("PENSTOCK_TOPICS", "shop.public.orders, shop.public.items"), ("PENSTOCK_GROUP", "copy")];

    [Fact]
    public void Four_variables_are_enough()
    {
        var options = Read();
        Assert.Equal(["shop.public.orders", "shop.public.items"], options.Topics);
        Assert.True(options.Deletes);
        Assert.False(options.Truncates);
        Assert.Equal(("public", "orders"), options.TableOf("shop.public.orders", "", ""));
    }

    [Theory]
    [InlineData("${topic}", "", "shop_public_orders")]
    [InlineData("copy.${source.table}", "copy", "orders")]
    [InlineData("${source.schema}.t_${source.table}", "public", "t_orders")]
    public void Tables_are_named_by_the_format(string format, string schema, string table) =>
        Assert.Equal((schema, table), Read(("PENSTOCK_COLLECTION_NAME_FORMAT", format)).TableOf("shop.public.orders", "public", "orders"));

    [Fact]
    public void A_topic_without_schema_is_a_table_of_the_search_path() => Assert.Equal(("", "orders"), Read().TableOf("orders", "", ""));

    [Fact]
    public void Fields_are_taken_or_left_out_by_topic_and_name()
    {
        var options = Read(("PENSTOCK_FIELD_EXCLUDE_LIST", @"shop\.public\.orders:secret"));
        Assert.False(options.IsTaken("shop.public.orders", "secret"));
        Assert.True(options.IsTaken("shop.public.items", "secret"));
    }

    [Theory]
    [InlineData("PENSTOCK_TOPICS_REGEX", "x.*", "both given")]
    [InlineData("PENSTOCK_INSERT_MODE", "replace", "must be upsert, insert or update")]
    [InlineData("PENSTOCK_SCHEMA_EVOLUTION", "full", "must be none, validate-only or basic")]
    [InlineData("PENSTOCK_USE_REDUCTION_BUFFER", "true", "not built in this version")]
    [InlineData("PENSTOCK_KAFKA_GROUP_ID", "x", "PENSTOCK_GROUP")]
    [InlineData("PENSTOCK_DELETE_ENABLE", "true", "PENSTOCK_DELETE_ENABLED")]
    public void What_is_wrong_is_said_by_name(string name, string value, string expected)
    {
        string message = Assert.Throws<SettingsException>(() => Read((name, value))).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PENSTOCK_START", "latest", "PENSTOCK_START")]
    [InlineData("PENSTOCK_ON_GAP", "earliest", "PENSTOCK_ON_GAP")]
    [InlineData("PENSTOCK_TOPIC_TRANSACTION", "other", "ends with .other")]
    public void Transactions_need_their_topic_and_no_gaps(string name, string value, string expected)
    {
        string message = Assert.Throws<SettingsException>(() => Read(("PENSTOCK_APPLY", "transaction"), ("PENSTOCK_TOPICS", "s.public.a,s.transaction"), (name, value))).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("s.public.transaction,s.transaction", "transaction", "s.transaction")]
    [InlineData("s.public.a,tx", "tx", "tx")]
    [InlineData("s.public.a,stransaction", "transaction", null)]
    public void The_transaction_topic_is_told_from_a_table_of_its_name(string topics, string name, string? expected) => Assert.Equal(expected, TransactionTopicName.Of(topics.Split(','), name));

    [Fact]
    public void Topics_and_group_must_be_given()
    {
        string message = Assert.Throws<SettingsException>(() => SinkOptions.Read(Configuration(Least[..2]))).Message;
        Assert.Contains("PENSTOCK_TOPICS is missing", message, StringComparison.Ordinal);
        Assert.Contains("PENSTOCK_GROUP is missing", message, StringComparison.Ordinal);
    }

    private static SinkOptions Read(params (string Name, string Value)[] more) => SinkOptions.Read(Configuration([.. Least.Where(least => !more.Any(other => other.Name == least.Name)), .. more]));

    private static IConfigurationRoot Configuration((string Name, string Value)[] environment) =>
        new ConfigurationBuilder().AddInMemoryCollection(environment.Select(static pair => KeyValuePair.Create(pair.Name, (string?)pair.Value))).Build();
}
