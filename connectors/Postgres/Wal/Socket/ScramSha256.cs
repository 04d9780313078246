using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Penstock.Postgres.Wal.Socket;

/// <summary>The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677; protocol page "SASL Authentication"), without channel binding.</summary>
internal sealed class ScramSha256
{
    public const string Mechanism = "SCRAM-SHA-256";

    /// <summary>Servers ask for 4,096 by default; a hostile one could ask for days of work.</summary>
    private const int MostIterations = 10_000_000;

    private readonly byte[] _password;
    private readonly string _nonce;
    private string _serverSignature = "";

    /// <param name="password">As given; the server normalises its own copy, ASCII passwords are the same either way.</param>
    /// <param name="nonce">18 random bytes or so, in base64.</param>
    public ScramSha256(string password, string nonce)
    {
        _password = Encoding.UTF8.GetBytes(password.Normalize(NormalizationForm.FormKC));
        _nonce = nonce;
    }

    /// <summary>The server has proven that it knows the password.</summary>
    public bool IsProven { get; private set; }

    private string ClientFirstBare => $"n=,r={_nonce}";

    /// <summary><c>client-first-message</c>. The user name is left empty: Postgres takes it from the startup message.</summary>
    public byte[] First() => Encoding.UTF8.GetBytes("n,," + ClientFirstBare);

    /// <summary><c>client-final-message</c> in answer to <c>server-first-message</c>.</summary>
    /// <exception cref="MalformedWalException">The server's message is not what the RFC says.</exception>
    public byte[] Final(string serverFirst)
    {
        if (_serverSignature.Length > 0)
        {
            throw new MalformedWalException("the server's SCRAM exchange has a second challenge");
        }

        var parts = Attributes(serverFirst);
        string nonce = parts.GetValueOrDefault('r', "");
        if (!nonce.StartsWith(_nonce, StringComparison.Ordinal) || nonce.Length == _nonce.Length
            || !int.TryParse(parts.GetValueOrDefault('i', ""), NumberStyles.None, CultureInfo.InvariantCulture, out int iterations)
            || iterations is < 1 or > MostIterations)
        {
            throw new MalformedWalException("the server's SCRAM challenge is malformed");
        }

        byte[] salted = Rfc2898DeriveBytes.Pbkdf2(_password, Salt(parts), iterations, HashAlgorithmName.SHA256, 32);
        string withoutProof = $"c=biws,r={nonce}";
        byte[] authMessage = Encoding.UTF8.GetBytes($"{ClientFirstBare},{serverFirst},{withoutProof}");
        byte[] clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
        byte[] proof = HMACSHA256.HashData(SHA256.HashData(clientKey), authMessage);
        for (int i = 0; i < proof.Length; i++)
        {
            proof[i] ^= clientKey[i];
        }

        _serverSignature = Convert.ToBase64String(HMACSHA256.HashData(HMACSHA256.HashData(salted, "Server Key"u8), authMessage));
        return Encoding.UTF8.GetBytes($"{withoutProof},p={Convert.ToBase64String(proof)}");
    }

    /// <summary>Whether <c>server-final-message</c> proves that the server knows the password too. One that comes before a challenge proves nothing.</summary>
    public bool Verify(string serverFinal) => IsProven = _serverSignature.Length > 0
        && CryptographicOperations.FixedTimeEquals(
            Encoding.ASCII.GetBytes(Attributes(serverFinal).GetValueOrDefault('v', "")),
            Encoding.ASCII.GetBytes(_serverSignature));

    private static byte[] Salt(Dictionary<char, string> parts)
    {
        try
        {
            return Convert.FromBase64String(parts.GetValueOrDefault('s', ""));
        }
        catch (FormatException)
        {
            throw new MalformedWalException("the salt of the server's SCRAM challenge is malformed");
        }
    }

    private static Dictionary<char, string> Attributes(string message)
    {
        var attributes = new Dictionary<char, string>();
        foreach (string part in message.Split(','))
        {
            if (part.Length > 1 && part[1] == '=')
            {
                attributes[part[0]] = part[2..];
            }
        }

        return attributes;
    }
}
