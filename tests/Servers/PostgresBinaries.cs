using System.Globalization;
using System.Text.RegularExpressions;

namespace Penstock.Servers;

/// <summary>The server programs of the newest Postgres on this machine, and how to run them: they refuse to run as root.</summary>
public sealed class PostgresBinaries
{
    private readonly string[] _asServerUser;

    private PostgresBinaries(string folder, string[] asServerUser)
    {
        Folder = folder;
        _asServerUser = asServerUser;
    }

    /// <summary>The folder with initdb, pg_ctl and postgres.</summary>
    public string Folder { get; }

    /// <summary>The user that owns a cluster's files: <c>postgres</c> when this process is root, else null (this user).</summary>
    public string? ServerUser => _asServerUser.Length == 0 ? null : "postgres";

    /// <summary>
    /// <c>PG_BIN</c>, else the highest version under /usr/lib/postgresql (Debian, Ubuntu), else what pg_config says.
    /// <see cref="ServerException"/> says what to install if there is none.
    /// </summary>
    public static async Task<PostgresBinaries> FindAsync()
    {
        string folder = Environment.GetEnvironmentVariable("PG_BIN") is { Length: > 0 } named ? named : Newest() ?? await FromPgConfigAsync().ConfigureAwait(false);
        if (!File.Exists(Path.Combine(folder, "initdb")))
        {
            throw new ServerException($"no initdb in '{folder}': install the Postgres server (Debian, Ubuntu: apt-get install postgresql) or set PG_BIN");
        }
        return new PostgresBinaries(folder, AsServerUser());
    }

    /// <summary>The server's major version.</summary>
    public async Task<int> MajorVersionAsync()
    {
        string said = await Servers.Command.RunAsync([Path.Combine(Folder, "postgres"), "--version"], TimeSpan.FromSeconds(10)).ConfigureAwait(false);
        return int.Parse(Regex.Match(said, "[0-9]+").Value, CultureInfo.InvariantCulture);
    }

    /// <summary>The command line that runs one of the programs as the server's user.</summary>
    public IReadOnlyList<string> Command(string program, params IEnumerable<string> arguments) =>
        [.. _asServerUser, Path.Combine(Folder, program), .. arguments];

    private static string? Newest()
    {
        const string Versions = "/usr/lib/postgresql";
        if (!Directory.Exists(Versions))
        {
            return null;
        }
        return Directory.EnumerateDirectories(Versions)
            .Select(version => (Number: int.TryParse(Path.GetFileName(version), CultureInfo.InvariantCulture, out int number) ? number : 0, Bin: Path.Combine(version, "bin")))
            .Where(version => File.Exists(Path.Combine(version.Bin, "initdb")))
            .OrderByDescending(version => version.Number)
            .Select(version => version.Bin)
            .FirstOrDefault();
    }

    private static async Task<string> FromPgConfigAsync()
    {
        try
        {
            return (await Servers.Command.RunAsync(["pg_config", "--bindir"], TimeSpan.FromSeconds(10)).ConfigureAwait(false)).Trim();
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            throw new ServerException("no Postgres server found: install it (Debian, Ubuntu: apt-get install postgresql) or set PG_BIN to the folder of initdb", missing);
        }
    }

    private static string[] AsServerUser()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return [];
        }
        foreach (string folder in new[] { "/usr/bin", "/usr/sbin", "/bin", "/sbin" })
        {
            if (File.Exists(Path.Combine(folder, "setpriv")))
            {
                return [Path.Combine(folder, "setpriv"), "--reuid=postgres", "--regid=postgres", "--init-groups", "--"];
            }
            if (File.Exists(Path.Combine(folder, "runuser")))
            {
                return [Path.Combine(folder, "runuser"), "-u", "postgres", "--"];
            }
        }
        throw new ServerException("initdb refuses to run as root, and neither setpriv nor runuser (util-linux) is there to run it as user postgres");
    }
}
