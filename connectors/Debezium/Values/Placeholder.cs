using System.Security.Cryptography;
using System.Text;

namespace Penstock.Debezium.Values;

/// <summary>The option <c>unavailable.value.placeholder</c> in the forms that the types need (2.9).</summary>
internal sealed class Placeholder
{
    private const string OctetsPrefix = "hex:";

    /// <param name="option">A text, or <c>hex:</c> and the octets.</param>
    /// <exception cref="FormatException">The octets are not hexadecimal.</exception>
    public Placeholder(string option)
    {
        Octets = option.StartsWith(OctetsPrefix, StringComparison.Ordinal)
            ? Convert.FromHexString(option[OctetsPrefix.Length..])
            : Encoding.UTF8.GetBytes(option);
        Text = JsonFragment.From(output => JsonText.WriteString(Octets, output));
        Base64 = Quoted(Convert.ToBase64String(Octets));
        Base64UrlSafe = Quoted(Convert.ToBase64String(Octets).Replace('+', '-').Replace('/', '_'));
        TextArray = Bracketed(Text);
        Base64Array = Bracketed(Base64);
        UuidArray = Bracketed(Quoted(NameUuid(Octets).ToString()));
        IntegerArray = Bracketed(Encoding.ASCII.GetBytes(string.Join(',', Octets.Select(octet => (sbyte)octet))));
        FloatArray = Bracketed(Encoding.ASCII.GetBytes(string.Join(',', Octets.Select(octet => $"{(sbyte)octet}.0"))));
        VariableDecimal = [.. "{\"scale\":0,\"value\":"u8, .. Base64, (byte)'}'];
        Geometry = [.. "{\"wkb\":"u8, .. Base64, .. ",\"srid\":null}"u8];
        HstoreMap = [(byte)'{', .. Text, (byte)':', .. Text, (byte)'}'];
        HstoreJson = JsonFragment.From(output => JsonText.WriteString(HstoreMap, output));
    }

    public byte[] Octets { get; }

    /// <summary>A JSON string; octets that are no UTF-8 are replaced (capture A17).</summary>
    public byte[] Text { get; }

    /// <summary>A JSON string of standard base64.</summary>
    public byte[] Base64 { get; }

    /// <summary>The same with the alphabet for URLs, padded as Java pads it.</summary>
    public byte[] Base64UrlSafe { get; }

    public byte[] TextArray { get; }

    public byte[] Base64Array { get; }

    public byte[] UuidArray { get; }

    /// <summary>One number for each octet, signed as Java's bytes are.</summary>
    public byte[] IntegerArray { get; }

    /// <summary>The same as floating point numbers (<see cref="CompatMode.Correct"/>).</summary>
    public byte[] FloatArray { get; }

    /// <summary>A VariableScaleDecimal whose bytes are the octets (<see cref="CompatMode.Correct"/>).</summary>
    public byte[] VariableDecimal { get; }

    /// <summary>A Geometry whose WKB are the octets (<see cref="CompatMode.Correct"/>).</summary>
    public byte[] Geometry { get; }

    public byte[] HstoreMap { get; }

    public byte[] HstoreJson { get; }

    private static byte[] Bracketed(byte[] json) => [(byte)'[', .. json, (byte)']'];

    private static byte[] Quoted(string plain) => Encoding.ASCII.GetBytes($"\"{plain}\"");

    /// <summary>UUID.nameUUIDFromBytes: version 3 of the bare octets, no name space before them.</summary>
    private static Guid NameUuid(byte[] octets)
    {
#pragma warning disable CA5351 // The version 3 UUID is defined by MD5; nothing is protected by it.
        byte[] hash = MD5.HashData(octets);
#pragma warning restore CA5351
        hash[6] = (byte)((hash[6] & 0x0F) | 0x30);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash, bigEndian: true);
    }
}
