using System.Net;
using System.Net.Sockets;

namespace Penstock.Servers;

/// <summary>Ports of the loopback address.</summary>
public static class FreePort
{
    /// <summary>
    /// A port nobody listens on, below the range Linux gives to outgoing connections (32768 and up), so that no connection of another test takes it
    /// before the server does. Another server still may: whoever binds it tries again with a new one.
    /// </summary>
    /// <param name="consecutive">So many ports in a row, of which the first is returned.</param>
    public static int Find(int consecutive = 1)
    {
        for (int attempt = 0; attempt < 100; attempt++)
        {
            int port = Random.Shared.Next(12_000, 19_999);
            if (Enumerable.Range(port, consecutive).All(IsFree))
            {
                return port;
            }
        }
        throw new ServerException("no free port between 12000 and 19999 in 100 attempts");
    }

    private static bool IsFree(int port)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return false;
        }
    }
}
