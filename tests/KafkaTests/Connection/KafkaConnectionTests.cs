using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Confluent.Kafka;
using Penstock.Engine.Commands;
using Penstock.Engine.Configuration;
using Penstock.Kafka.Connection;
using Penstock.Kafka.Native;

namespace Penstock.KafkaTests.Connection;

public sealed class KafkaConnectionTests
{
    [Theory]
    [InlineData("kafka://a:1, kafka://b:2 ", "a:1,b:2", SecurityProtocol.Plaintext)]
    [InlineData("kafka+ssl://a.example.com,\nkafka+ssl://b:9000", "a.example.com:9096,b:9000", SecurityProtocol.Ssl)]
    [InlineData("localhost", "localhost:9092", SecurityProtocol.Plaintext)]
    [InlineData("kafka://[::1]:9093/", "[::1]:9093", SecurityProtocol.Plaintext)]
    public void Broker_lists_are_understood(string url, string servers, SecurityProtocol security)
    {
        var config = Good(new KafkaSettings { Url = url }).NewClientConfig();
        Assert.Equal(servers, config.BootstrapServers);
        Assert.Equal(security, config.SecurityProtocol);
    }

    [Theory]
    [InlineData("", "names no broker")]
    [InlineData(" , ", "names no broker")]
    [InlineData("kafka://a:9092,kafka+ssl://b:9096", "mixes")]
    [InlineData("a:9092,kafka://b:9092", "mixes")]
    [InlineData("http://a:9092", "http://")]
    [InlineData("kafka://a:99999", "a broker (number 1) that is not host or host:port")]
    [InlineData("kafka://a, kafka://a:b", "a broker (number 2) that is not host or host:port")]
    [InlineData("kafka://:9092", "a broker (number 1) that is not host or host:port")]
    [InlineData("embedded:?partitions=none", "partitions=1..1000")]
    public void Bad_broker_lists_are_problems_of_the_variable(string url, string part)
    {
        var problem = Assert.Single(Bad(new KafkaSettings { Url = url, Attachment = "HEROKU_KAFKA_TEAL" }));
        Assert.Equal("HEROKU_KAFKA_TEAL_URL", problem.EnvironmentName);
        Assert.Contains(part, problem.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_in_the_broker_list_is_refused_and_not_repeated()
    {
        var problem = Assert.Single(Bad(new KafkaSettings { Url = "kafka://me:hunter2@a:9092" }));
        Assert.DoesNotContain("hunter2", problem.ToString(), StringComparison.Ordinal);
        Assert.Contains("SASL", problem.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PLAIN", "", "needs PENSTOCK_KAFKA_SASL_USERNAME and PENSTOCK_KAFKA_SASL_PASSWORD")]
    [InlineData("PLAIN", "sasl.username", "needs PENSTOCK_KAFKA_SASL_PASSWORD")]
    [InlineData("SCRAM-SHA-256", "sasl.password", "needs PENSTOCK_KAFKA_SASL_USERNAME")]
    [InlineData("plain", "sasl.username sasl.password", "must be one of PLAIN, ")]
    [InlineData("Hunter2", "", "must be one of PLAIN, ")]
    public void A_mechanism_without_what_belongs_to_it_is_a_wrong_setting(string mechanism, string given, string text)
    {
        var problems = Bad(new KafkaSettings { Url = "a", Options = Options([("sasl.mechanism", mechanism), .. given.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(name => (name, "x"))]) });

        Assert.Contains(problems, problem => problem.EnvironmentName == "PENSTOCK_KAFKA_SASL_MECHANISM" && problem.Text.EndsWith(text, StringComparison.Ordinal) | problem.Text.StartsWith(text, StringComparison.Ordinal));
        Assert.DoesNotContain(problems, problem => problem.Text.Contains("Hunter2", StringComparison.Ordinal));
    }

    [Fact]
    public void Host_names_are_checked_unless_the_scheme_or_an_option_says_no()
    {
        (string cert, _) = NewCertificate();
        var heroku = Good(new KafkaSettings { Url = "kafka+ssl://a", TrustedCert = cert }).NewClientConfig();
        Assert.Equal(SslEndpointIdentificationAlgorithm.None, heroku.SslEndpointIdentificationAlgorithm);
        Assert.True(heroku.EnableSslCertificateVerification);
        var bare = Good(new KafkaSettings { Url = "a", TrustedCert = cert }).NewClientConfig();
        Assert.Equal(SecurityProtocol.Ssl, bare.SecurityProtocol);
        Assert.Equal(SslEndpointIdentificationAlgorithm.Https, bare.SslEndpointIdentificationAlgorithm);
        var asked = Good(new KafkaSettings { Url = "a", TrustedCert = cert, Options = Options(("ssl.endpoint.identification.algorithm", "none")) }).NewClientConfig();
        Assert.Equal(SslEndpointIdentificationAlgorithm.None, asked.SslEndpointIdentificationAlgorithm);
    }

    [Theory]
    [InlineData("raw")]
    [InlineData("escaped")]
    [InlineData("base64")]
    public void Certificates_come_in_three_forms(string form)
    {
        (string cert, string key) = NewCertificate();
        var config = Good(new KafkaSettings { Url = "kafka+ssl://a", TrustedCert = In(form, cert), ClientCert = In(form, cert), ClientCertKey = In(form, key) }).NewClientConfig();
        Assert.Equal(cert, config.SslCaPem);
        Assert.Equal(cert, config.SslCertificatePem);
        Assert.Equal(key, config.SslKeyPem);
    }

    [Fact]
    public void Several_trusted_certificates_go_through_a_file_without_a_name_that_is_gone_at_the_end()
    {
        string two = NewCertificate().Cert + NewCertificate().Cert;
        string path;
        using (var connection = Good(new KafkaSettings { Url = "kafka+ssl://a", TrustedCert = two }))
        {
            connection.Open();
            path = connection.NewClientConfig().SslCaLocation;
            Assert.Equal(two, File.ReadAllText(path));
            Assert.True(!OperatingSystem.IsLinux() || path.StartsWith("/proc/self/fd/", StringComparison.Ordinal));
        }

        Assert.False(File.Exists(path));
    }

    [Fact]
    public void Every_problem_is_reported_at_once_and_no_secret_with_it()
    {
        (string cert, _) = NewCertificate();
        (_, string otherKey) = NewCertificate();
        var problems = Bad(new KafkaSettings
        {
            Url = "ftp://x",
            TrustedCert = "not a certificate",
            Options = Options(("acks", "1"), ("linger.mz", "5"), ("linger.ms", "soon"), ("partitioner", "random"), ("sasl.mechanism", "SCRAM-SHA-512"), ("max.in.flight", "9")),
        });
        Assert.Equal(
            ["KAFKA_TRUSTED_CERT", "KAFKA_URL", "PENSTOCK_KAFKA_ACKS", "PENSTOCK_KAFKA_LINGER_MS", "PENSTOCK_KAFKA_LINGER_MZ", "PENSTOCK_KAFKA_MAX_IN_FLIGHT", "PENSTOCK_KAFKA_PARTITIONER"],
            problems.Select(p => p.EnvironmentName).Where(n => n != "PENSTOCK_KAFKA_SASL_MECHANISM").Order(StringComparer.Ordinal));
        Assert.Equal(KafkaLibrary.Version < KafkaLibrary.FirstWithScramForKafka4, problems.Any(p => p.Text.Contains("2.6.1", StringComparison.Ordinal)));
        var pair = Assert.Single(Bad(new KafkaSettings { Url = "kafka+ssl://a", ClientCert = cert, ClientCertKey = otherKey }));
        Assert.Equal("KAFKA_CLIENT_CERT_KEY", pair.EnvironmentName);
        Assert.Contains("does not belong", pair.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(otherKey.Split('\n')[1], pair.ToString(), StringComparison.Ordinal);
        Assert.Contains("is missing", Assert.Single(Bad(new KafkaSettings { Url = "kafka+ssl://a", ClientCert = cert })).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("acks", "1")]
    [InlineData("request.required.acks", "0")]
    [InlineData("delivery.report.only.error", "true")]
    [InlineData("queuing.strategy", "lifo")]
    [InlineData("transactional.id", "x")]
    [InlineData("enable.ssl.certificate.verification", "false")]
    public void Options_that_would_lose_or_reorder_records_are_refused(string name, string value) =>
        Assert.Equal(EnvironmentNames.Of("kafka." + name), Assert.Single(Bad(new KafkaSettings { Url = "a", Options = Options((name, value)) })).EnvironmentName);

    [Fact]
    public void Without_idempotence_only_one_request_at_a_time_is_allowed()
    {
        Assert.Single(Bad(new KafkaSettings { Url = "a", Options = Options(("enable.idempotence", "false"), ("max.in.flight", "2")) }));
        var connection = Good(new KafkaSettings { Url = "a", Options = Options(("enable.idempotence", "false")) });
        Assert.False(connection.IsIdempotent);
        var config = connection.NewProducerConfig(idempotent: false);
        Assert.Equal(1, config.MaxInFlight);
        Assert.Equal(Acks.All, config.Acks);
    }

    [Fact]
    public void Users_options_win_over_defaults_and_aliases_do_not_hide_them()
    {
        var connection = Good(new KafkaSettings
        {
            Url = "a",
            MaxRecordBytes = 50_000,
            Options = Options(("linger.ms", "3"), ("queue.buffering.max.kbytes", "1000"), ("compression.codec", "lz4"), ("delivery.timeout.ms", "7000")),
        });
        var config = connection.NewProducerConfig(idempotent: true);
        Assert.Equal(3, config.LingerMs);
        Assert.Equal(CompressionType.Lz4, config.CompressionType);
        Assert.Equal(1_024_000, connection.QueueBytes);
        Assert.Equal(7000, connection.DeliveryTimeoutMs);
        Assert.Equal(0, config.MessageTimeoutMs);
        Assert.Equal(50_000, config.BatchSize);
        Assert.True(config.EnableIdempotence);
        Assert.Equal(32L << 20, Good(new KafkaSettings { Url = "a" }).QueueBytes);
    }

    [Theory]
    [InlineData("", "orders", "orders")]
    [InlineData("north-1.", "orders", "north-1.orders")]
    [InlineData("north-1.", "north-1.orders", "north-1.orders")]
    public void The_prefix_is_put_before_names_that_lack_it(string prefix, string name, string expected)
    {
        var connection = Good(new KafkaSettings { Url = "a", Prefix = prefix });
        Assert.Equal(expected, connection.Topic(name));
        Assert.Equal(expected, connection.Group(name));
    }

    [Fact]
    public void The_library_that_is_loaded_is_known()
    {
        Assert.True(KafkaLibrary.TryLoad(out string problem), problem);
        Assert.True(KafkaLibrary.Version >= new Version(1, 6, 0));
        Assert.Contains("librdkafka", KafkaLibrary.Path, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_declared_option_is_one_of_the_library_or_refused()
    {
        var values = KafkaOptions.Names.ToDictionary(n => n, _ => "\u0001");
        Assert.DoesNotContain(Bad(new KafkaSettings { Url = "a", Options = values }), p => p.Text.Contains("is not an option", StringComparison.Ordinal));
        Assert.True(KafkaOptions.PassThrough.TryResolve("PENSTOCK_KAFKA_LOG_LEVEL", out string option));
        Assert.Equal("log_level", option);
    }

    private static KafkaConnection Good(KafkaSettings settings)
    {
        var connection = KafkaConnection.TryParse(settings, out var problems);
        Assert.Empty(problems);
        return connection!;
    }

    private static IReadOnlyList<SettingProblem> Bad(KafkaSettings settings)
    {
        Assert.Null(KafkaConnection.TryParse(settings, out var problems));
        return problems;
    }

    [Fact]
    public void Certificates_that_ended_or_end_soon_are_told_and_only_where_they_are_used()
    {
        var (cert, key) = NewCertificate();
        var settings = new KafkaSettings { Url = "kafka+ssl://h:9096", TrustedCert = cert, ClientCert = cert, ClientCertKey = key };
        using var connection = KafkaConnection.TryParse(settings, out _)!;
        var soon = connection.LookAtCertificates(DateTimeOffset.UtcNow);
        Assert.Equal([CheckState.Warn, CheckState.Warn], soon.Select(finding => finding.State));
        Assert.Contains("KAFKA_TRUSTED_CERT", soon[0].Message, StringComparison.Ordinal);
        Assert.Contains("KAFKA_CLIENT_CERT ends at", soon[1].Message, StringComparison.Ordinal);
        Assert.Equal([CheckState.Fail, CheckState.Fail], connection.LookAtCertificates(DateTimeOffset.UtcNow.AddDays(2)).Select(finding => finding.State));
        Assert.Empty(connection.LookAtCertificates(DateTimeOffset.UtcNow.AddDays(-60)));
        using var plain = KafkaConnection.TryParse(settings with { Url = "kafka://h:9092" }, out _)!;
        Assert.Empty(plain.LookAtCertificates(DateTimeOffset.UtcNow));
    }

    private static Dictionary<string, string> Options(params (string Name, string Value)[] options) => options.ToDictionary(o => o.Name, o => o.Value);

    private static string In(string form, string pem) => form switch
    {
        "escaped" => pem.Replace("\n", "\\n", StringComparison.Ordinal),
        "base64" => Convert.ToBase64String(Encoding.UTF8.GetBytes(pem)),
        _ => pem,
    };

    private static (string Cert, string Key) NewCertificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return (certificate.ExportCertificatePem() + "\n", key.ExportRSAPrivateKeyPem() + "\n");
    }
}
