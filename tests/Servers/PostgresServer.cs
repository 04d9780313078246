using System.Globalization;
using Npgsql;

namespace Penstock.Servers;

/// <summary>
/// A throwaway Postgres cluster in a temporary folder: logical decoding on, UTF8, C.UTF-8, UTC, listening on a free port of 127.0.0.1 only, superuser
/// <c>postgres</c>. Disposing ends the server and removes the folder; a <see cref="Sitter"/> does so if this process is killed.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    public const string Superuser = "postgres";

    // initdb and a start take one to two seconds; a machine busy with builds and brokers a multiple.
    private static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(90);

    private readonly PostgresServerOptions _options;
    private readonly PostgresBinaries _binaries;
    private readonly TemporaryFolder _folder;
    private readonly Sitter _sitter;
    private int _paused;

    private PostgresServer(PostgresServerOptions options, PostgresBinaries binaries)
    {
        _options = options;
        _binaries = binaries;
        _folder = new TemporaryFolder("postgres");
        _sitter = new Sitter(CleanUpScript, _folder.FullPath);
    }

    public int Port { get; private set; }

    /// <summary>The cluster's data folder.</summary>
    public string DataFolder => _folder["data"];

    /// <summary>What the server logs.</summary>
    public string LogPath => _folder["server.log"];

    /// <summary>The self-signed certificate, PEM; there with <see cref="PostgresServerOptions.Tls"/> only.</summary>
    public string CertificatePath => Path.Combine(DataFolder, "server.crt");

    /// <summary>The postmaster's process id; null if the server does not run.</summary>
    public int? ProcessId =>
        File.Exists(PidFile) && int.TryParse(File.ReadLines(PidFile).FirstOrDefault(), CultureInfo.InvariantCulture, out int id) && ProcessFigures.Runs(id) ? id : null;

    private string PidFile => Path.Combine(DataFolder, "postmaster.pid");

    /// <summary>Makes a cluster and starts it. <see cref="ServerException"/> with the log's end if it does not start.</summary>
    public static async Task<PostgresServer> CreateAsync(PostgresServerOptions? options = null)
    {
        PostgresServer server = new(options ?? new PostgresServerOptions(), await PostgresBinaries.FindAsync().ConfigureAwait(false));
        try
        {
            await server.InitializeAsync().ConfigureAwait(false);
            await server.StartOnFreePortAsync().ConfigureAwait(false);
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Makes a standby of this server, from a copy of its files: this one is stopped for a moment, and must have no slot yet. Disposing it is the caller's.
    /// </summary>
    /// <param name="settings">Settings of the standby that come after, and so win over, this server's.</param>
    public async Task<PostgresServer> CreateStandbyAsync(IReadOnlyDictionary<string, string>? settings = null)
    {
        var merged = new Dictionary<string, string>(_options.Settings)
        {
            ["primary_conninfo"] = string.Create(CultureInfo.InvariantCulture, $"host=127.0.0.1 port={Port} user={Superuser} dbname=postgres application_name=standby"),
        };
        foreach ((string name, string value) in settings ?? new Dictionary<string, string>())
        {
            merged[name] = value;
        }

        PostgresServer standby = new(_options with { Settings = merged }, _binaries);
        try
        {
            if (_binaries.ServerUser is { } user)
            {
                await Command.RunAsync(["chown", $"{user}:{user}", standby._folder.FullPath], CommandLimit).ConfigureAwait(false);
            }

            await StopAsync().ConfigureAwait(false);
            await Command.RunAsync(["cp", "-a", DataFolder, standby.DataFolder], CommandLimit).ConfigureAwait(false);
            await StartAsync().ConfigureAwait(false);
            await File.WriteAllTextAsync(Path.Combine(standby.DataFolder, "standby.signal"), "").ConfigureAwait(false);
            await standby.StartOnFreePortAsync().ConfigureAwait(false);
            return standby;
        }
        catch
        {
            await standby.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Makes this standby the primary.</summary>
    public Task PromoteAsync() => Command.RunAsync(_binaries.Command("pg_ctl", "promote", "-w", "-t", "60", "-s", "-D", DataFolder), CommandLimit);

    /// <summary>Starts the stopped or killed server again, on its port.</summary>
    public async Task StartAsync()
    {
        try
        {
            await Command.RunAsync(_binaries.Command("pg_ctl", "start", "-w", "-t", "60", "-s", "-D", DataFolder, "-l", LogPath), CommandLimit).ConfigureAwait(false);
        }
        catch (ServerException failed)
        {
            throw new ServerException($"Postgres did not start: {failed.Message}\n{LogTail()}", failed);
        }
    }

    public async Task StopAsync(PostgresStop how = PostgresStop.Fast)
    {
        string mode = how == PostgresStop.Fast ? "fast" : "immediate";
        await Command.RunAsync(_binaries.Command("pg_ctl", "stop", "-w", "-t", "60", "-s", "-m", mode, "-D", DataFolder), CommandLimit).ConfigureAwait(false);
    }

    public async Task RestartAsync(PostgresStop how = PostgresStop.Fast)
    {
        await StopAsync(how).ConfigureAwait(false);
        await StartAsync().ConfigureAwait(false);
    }

    /// <summary>SIGKILL to the postmaster and all its children, as when the machine's memory runs out.</summary>
    public async Task KillAsync()
    {
        if (ProcessId is not { } postmaster)
        {
            return;
        }
        // The postmaster first: it would otherwise see a child die and begin its own crash recovery.
        Signals.TrySend(postmaster, Signal.Stop);
        IReadOnlyList<int> children = ProcessFigures.Children(postmaster);
        foreach (int id in children.Prepend(postmaster))
        {
            Signals.TrySend(id, Signal.Kill);
        }
        _paused = 0;
        await WaitForEndAsync([postmaster, .. children]).ConfigureAwait(false);
        // A zombie would look alive to the next start: its parent, process 1, may take a moment to collect it, or, in some containers, never does.
        for (int i = 0; i < 100 && Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/{postmaster}")); i++)
        {
            await Task.Delay(20).ConfigureAwait(false);
        }
        if (Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/{postmaster}")))
        {
            await RemoveSharedMemoryAsync().ConfigureAwait(false);
            File.Delete(PidFile);
        }
    }

    /// <summary>SIGSTOP to every process of the server: connections stay open and nothing answers.</summary>
    public void Pause() => SendToAll(Signal.Stop, 1);

    /// <summary>Ends <see cref="Pause"/>.</summary>
    public void Continue() => SendToAll(Signal.Continue, 0);

    /// <summary>Replaces pg_hba.conf and lets the server read it.</summary>
    public async Task SetClientAuthenticationAsync(IReadOnlyList<string> lines)
    {
        await File.WriteAllLinesAsync(Path.Combine(DataFolder, "pg_hba.conf"), lines).ConfigureAwait(false);
        await Command.RunAsync(_binaries.Command("pg_ctl", "reload", "-s", "-D", DataFolder), CommandLimit).ConfigureAwait(false);
    }

    /// <summary>For Npgsql. Not pooled: a pool would hand out connections to a server that was killed in between.</summary>
    public string ConnectionString(string database = "postgres", string user = Superuser) =>
        new NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = Port, Database = database, Username = user, Pooling = false, Timeout = 10 }.ConnectionString;

    /// <summary>The form of DATABASE_URL: <c>postgres://user[:password]@127.0.0.1:port/database</c>.</summary>
    public string Url(string database = "postgres", string user = Superuser, string? password = null)
    {
        string secret = password is null ? "" : $":{Uri.EscapeDataString(password)}";
        return string.Create(CultureInfo.InvariantCulture, $"postgres://{Uri.EscapeDataString(user)}{secret}@127.0.0.1:{Port}/{Uri.EscapeDataString(database)}");
    }

    /// <summary>Runs statements as superuser; a batch of several is one transaction unless it says otherwise.</summary>
    public async Task ExecuteAsync(string sql, string database = "postgres")
    {
        await using NpgsqlConnection connection = new(ConnectionString(database));
        await connection.OpenAsync().ConfigureAwait(false);
        await using NpgsqlCommand command = new(sql, connection);
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    /// <summary>The first column of the first row, or the type's default if there is none or it is null.</summary>
    public async Task<T?> ScalarAsync<T>(string sql, string database = "postgres")
    {
        await using NpgsqlConnection connection = new(ConnectionString(database));
        await connection.OpenAsync().ConfigureAwait(false);
        await using NpgsqlCommand command = new(sql, connection);
        return await command.ExecuteScalarAsync().ConfigureAwait(false) is T value ? value : default;
    }

    public async ValueTask DisposeAsync()
    {
        if (_paused != 0)
        {
            Continue();
        }
        await KillAsync().ConfigureAwait(false);
        await RemoveSharedMemoryAsync().ConfigureAwait(false);
        _folder.Dispose();
        _sitter.Dispose();
    }

    private async Task InitializeAsync()
    {
        if (_binaries.ServerUser is { } user)
        {
            await Command.RunAsync(["chown", $"{user}:{user}", _folder.FullPath], CommandLimit).ConfigureAwait(false);
        }
        // C has every encoding; C.UTF-8 only UTF8.
        string locale = _options.Encoding == "UTF8" ? "C.UTF-8" : "C";
        await Command.RunAsync(
            _binaries.Command("initdb", "-D", DataFolder, "-U", Superuser, "-A", "trust", "-E", _options.Encoding, $"--locale={locale}", "--no-sync"),
            CommandLimit).ConfigureAwait(false);
        await File.WriteAllLinesAsync(Path.Combine(DataFolder, "pg_hba.conf"), _options.ClientAuthentication).ConfigureAwait(false);
        if (_options.Tls)
        {
            await SelfSignedCertificate.CreateAsync(DataFolder, _binaries.ServerUser).ConfigureAwait(false);
        }
    }

    private async Task StartOnFreePortAsync()
    {
        string path = Path.Combine(DataFolder, "postgresql.conf");
        string original = await File.ReadAllTextAsync(path).ConfigureAwait(false);
        for (int attempt = 1; ; attempt++)
        {
            Port = FreePort.Find();
            await File.WriteAllTextAsync(path, original + PostgresConfiguration.Text(_options, Port)).ConfigureAwait(false);
            try
            {
                await StartAsync().ConfigureAwait(false);
                return;
            }
            catch (ServerException) when (attempt < 5 && LogTail().Contains("Address already in use", StringComparison.Ordinal))
            {
                // Another server bound the port between the look and the start.
                File.Delete(LogPath);
            }
        }
    }

    private void SendToAll(Signal signal, int paused)
    {
        int postmaster = ProcessId ?? throw new ServerException("Postgres does not run");
        _paused = paused;
        foreach (int id in ProcessFigures.Children(postmaster).Prepend(postmaster))
        {
            Signals.TrySend(id, signal);
        }
    }

    private static async Task WaitForEndAsync(IReadOnlyList<int> ids)
    {
        for (int i = 0; ids.Any(ProcessFigures.Runs); i++)
        {
            if (i == 500)
            {
                throw new ServerException("Postgres outlives SIGKILL by 10 s");
            }
            await Task.Delay(20).ConfigureAwait(false);
        }
    }

    // A killed server leaves its one System V segment, whose id is in the seventh line of postmaster.pid.
    private async Task RemoveSharedMemoryAsync()
    {
        if (!File.Exists(PidFile))
        {
            return;
        }
        string[] parts = (File.ReadLines(PidFile).Skip(6).FirstOrDefault() ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 2)
        {
            await Command.RunAsync(["sh", "-c", "ipcrm -m \"$1\" 2>/dev/null || true", "ipcrm", parts[1]], CommandLimit).ConfigureAwait(false);
        }
    }

    private string LogTail() => File.Exists(LogPath) ? string.Join('\n', File.ReadLines(LogPath).TakeLast(20)) : "";

    // $1: the folder. Children are found by their parent's id because each backend leads a session of its own.
    private const string CleanUpScript = """
        pid=$(head -n 1 "$1/data/postmaster.pid")
        segment=$(sed -n 7p "$1/data/postmaster.pid")
        if [ -n "$pid" ]; then
          children=$(grep -l "^PPid:[[:space:]]*$pid\$" /proc/[0-9]*/status | sed 's:/proc/\([0-9]*\)/status:\1:')
          kill -STOP "$pid"
          kill -KILL "$pid" $children
          ipcrm -m "${segment##* }"
        fi
        for try in 1 2 3 4 5; do rm -rf -- "$1" && exit 0; sleep 1; done
        """;
}
