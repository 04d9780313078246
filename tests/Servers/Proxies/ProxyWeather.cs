namespace Penstock.Servers.Proxies;

/// <summary>How a <see cref="TcpProxy"/> treats the bytes that pass it.</summary>
/// <param name="LatencyMs">Each piece of data waits so long, in each direction.</param>
/// <param name="BytesPerSecond">Rate of each direction of each connection; 0 for no limit.</param>
/// <param name="PieceBytes">Data is passed on in writes of at most so many bytes, unjoined by the kernel; 0 for as it came.</param>
public sealed record ProxyWeather(int LatencyMs = 0, int BytesPerSecond = 0, int PieceBytes = 0)
{
    public static ProxyWeather Fair { get; } = new();
}
