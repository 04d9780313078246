using System.Globalization;
using System.Text;

namespace Penstock.Postgres.Connection;

/// <summary>Takes a connection URL apart as libpq does (manual 34.1.1.2), a little more patient with unescaped characters in passwords.</summary>
internal sealed class DatabaseUrlParser(Func<string, string?> environment)
{
    private static readonly string[] Schemes = ["postgres://", "postgresql://"];

    // Options of libpq that say nothing here: the defaults are as good or better, or the feature is not used.
    private static readonly HashSet<string> WithoutEffect = new(StringComparer.Ordinal)
    {
        "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout", "gssencmode", "krbsrvname", "gsslib", "client_encoding",
        "sslcompression", "sslsni", "ssl_min_protocol_version", "ssl_max_protocol_version", "fallback_application_name", "load_balance_hosts", "passfile", "channel_binding",
        "sslcrl", "sslcrldir", "sslcertmode", "sslnegotiation", "requirepeer",
    };

    private readonly Dictionary<string, string> _options = new(StringComparer.Ordinal);
    private string? _user;
    private string? _password;
    private string _host = "";
    private string _port = "";
    private string _database = "";

    public bool TryParse(string text, out DatabaseUrl? url, out string? error)
    {
        url = null;
        error = Split(text.Trim()) ?? Build(out url);
        return error is null;
    }

    private string? Split(string text)
    {
        string? scheme = Array.Find(Schemes, s => text.StartsWith(s, StringComparison.OrdinalIgnoreCase));
        if (scheme is null)
        {
            return "does not begin with postgres:// or postgresql://; expected postgres://user:password@host:5432/database";
        }

        string rest = text[scheme.Length..];
        int query = rest.IndexOf('?');
        string place = query < 0 ? rest : rest[..query];
        int at = place.LastIndexOf('@');
        if (at < 0 && query >= 0 && rest.IndexOf('@', query) > 0 && !rest[query..].Contains('='))
        {
            return "the password contains '?': write it as %3F";
        }

        return Credentials(at < 0 ? "" : place[..at])
            ?? Address(at < 0 ? place : place[(at + 1)..])
            ?? (query < 0 ? null : Query(rest[(query + 1)..]));
    }

    private string? Credentials(string text)
    {
        if (text.Length == 0)
        {
            return null;
        }

        int colon = text.IndexOf(':');
        if (!TryDecode(colon < 0 ? text : text[..colon], out _user))
        {
            return "the user name has a '%' that begins no two-digit hexadecimal code: write '%' as %25";
        }

        if (colon >= 0 && !TryDecode(text[(colon + 1)..], out _password))
        {
            return "the password has a '%' that begins no two-digit hexadecimal code: write '%' as %25";
        }

        return null;
    }

    private string? Address(string text)
    {
        int slash = text.IndexOf('/');
        string address = slash < 0 ? text : text[..slash];
        if (slash >= 0 && !TryDecode(text[(slash + 1)..], out _database!))
        {
            return "the database name has a '%' that begins no two-digit hexadecimal code: write '%' as %25";
        }

        if (address.Contains(','))
        {
            return "several hosts are not supported: name the primary alone";
        }

        string host = address;
        if (address.StartsWith('['))
        {
            int end = address.IndexOf(']');
            if (end < 0 || (end + 1 < address.Length && address[end + 1] != ':'))
            {
                return "the IPv6 address must stand in brackets, as in [2001:db8::1]:5432";
            }

            host = address[1..end];
            _port = end + 2 <= address.Length ? address[(end + 2)..] : "";
        }
        else if (address.IndexOf(':') is >= 0 and var colon)
        {
            if (address.IndexOf(':', colon + 1) >= 0)
            {
                return "more than one ':' after the '@': an IPv6 address must stand in brackets, as in [2001:db8::1]:5432";
            }

            (host, _port) = (address[..colon], address[(colon + 1)..]);
        }

        return TryDecode(host, out _host!) ? null : "the host has a '%' that begins no two-digit hexadecimal code";
    }

    private string? Query(string text)
    {
        foreach (string pair in text.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = pair.IndexOf('=');
            if (equals <= 0 || !TryDecode(pair[..equals], out string? name) || !TryDecode(pair[(equals + 1)..], out string? value))
            {
                return "the part after '?' must be option=value pairs joined by '&'";
            }

            if (name == "ssl")
            {
                // libpq's concession to JDBC
                (name, value) = ("sslmode", value == "true" ? "require" : "prefer");
            }

            _options[name!] = value!;
        }

        return null;
    }

    private string? Build(out DatabaseUrl? url)
    {
        url = null;
        string host = Take("host") ?? _host;
        string port = Take("port") ?? _port;
        string? user = Take("user") ?? _user;
        string? password = Take("password") ?? _password;
        string database = Take("dbname") ?? _database;
        if (string.IsNullOrEmpty(user))
        {
            return "names no user; expected postgres://user:password@host:5432/database";
        }

        if (host.Length == 0)
        {
            return "names no host; expected postgres://user:password@host:5432/database";
        }

        int portNumber = DatabaseUrl.DefaultPort;
        if (port.Length > 0 && (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out portNumber) || portNumber is < 1 or > 65535))
        {
            return $"port '{port}' is not a number from 1 to 65535 (a ':', '/' or '@' in the password must be written as %3A, %2F, %40)";
        }

        string? root = Take("sslrootcert") ?? environment("PGSSLROOTCERT");
        string? certificate = Take("sslcert");
        string? key = Take("sslkey");
        string? keyPassword = Take("sslpassword");
        string? application = Take("application_name");
        string? backendOptions = Take("options");
        int timeout = 0;
        bool primary = false;
        string? problem = TakeTls(out var tls) ?? TakeTimeout(out timeout) ?? TakeTarget(out primary) ?? Leftover()
            ?? Missing("sslrootcert", root == "system" ? null : root) ?? Missing("sslcert", certificate) ?? Missing("sslkey", key);
        if (problem is not null)
        {
            return problem;
        }

        url = new DatabaseUrl
        {
            Host = host,
            Port = portNumber,
            User = user,
            Password = string.IsNullOrEmpty(password) ? null : password,
            Database = database.Length == 0 ? user : database,
            Tls = tls,
            RootCertificateFile = string.IsNullOrEmpty(root) ? null : root,
            CertificateFile = certificate,
            KeyFile = key,
            KeyPassword = keyPassword,
            ApplicationName = string.IsNullOrEmpty(application) ? "penstock" : application,
            Options = backendOptions,
            ConnectTimeoutSeconds = timeout,
            MustBePrimary = primary,
        };
        return null;
    }

    private string? TakeTls(out TlsMode mode)
    {
        string? text = Take("sslmode") ?? environment("PGSSLMODE");
        TlsMode? known = text switch
        {
            null or "" => string.IsNullOrEmpty(environment("DYNO")) ? TlsMode.Prefer : TlsMode.Require,
            "disable" => TlsMode.Disable,
            "allow" => TlsMode.Allow,
            "prefer" => TlsMode.Prefer,
            "require" => TlsMode.Require,
            "verify-ca" => TlsMode.VerifyCa,
            "verify-full" => TlsMode.VerifyFull,
            _ => null,
        };
        mode = known ?? default;
        return known is null ? $"sslmode '{text}' is none of disable, allow, prefer, require, verify-ca, verify-full" : null;
    }

    private string? TakeTimeout(out int seconds)
    {
        string? text = Take("connect_timeout");
        seconds = 10;
        if (text is null)
        {
            return null;
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out seconds) || seconds > 1024)
        {
            return $"connect_timeout '{text}' is not a number of seconds from 0 to 1024";
        }

        // libpq: 0 waits for ever, and anything below 2 is taken as 2. Every wait here is bounded.
        seconds = seconds == 0 ? 1024 : Math.Max(seconds, 2);
        return null;
    }

    private string? TakeTarget(out bool primary)
    {
        string? text = Take("target_session_attrs");
        primary = text is "read-write" or "primary";
        return text is null or "any" || primary ? null : $"target_session_attrs '{text}' is not supported: any, read-write and primary are";
    }

    private string? Leftover()
    {
        string? unknown = _options.Keys.FirstOrDefault(name => !WithoutEffect.Contains(name));
        return unknown is null
            ? null
            : $"unknown option '{unknown}' after '?'; known are sslmode, sslrootcert, sslcert, sslkey, sslpassword, application_name, options, connect_timeout, target_session_attrs";
    }

    private static string? Missing(string option, string? file) =>
        string.IsNullOrEmpty(file) || File.Exists(file) ? null : $"{option}: there is no file '{file}'";

    private string? Take(string name) => _options.Remove(name, out string? value) ? value : null;

    /// <summary>Percent-decoding with an error instead of a guess, and without a zero byte, which no part may hold.</summary>
    private static bool TryDecode(string text, out string? decoded)
    {
        decoded = null;
        var bytes = new List<byte>(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                int length = char.IsHighSurrogate(text[i]) && i + 1 < text.Length ? 2 : 1;
                bytes.AddRange(Encoding.UTF8.GetBytes(text.Substring(i, length)));
                i += length - 1;
                continue;
            }

            if (i + 2 >= text.Length || !byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value) || value == 0)
            {
                return false;
            }

            bytes.Add(value);
            i += 2;
        }

        decoded = Encoding.UTF8.GetString(bytes.ToArray());
        return true;
    }
}
