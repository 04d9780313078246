using System.Net;
using System.Net.Sockets;
using Penstock.Postgres.Wal.Socket;

namespace Penstock.PostgresTests.Wal;

public class InterruptionTests
{
    /// <summary>Each attempt to stream has one: a descriptor that only the collector closes adds up over a night of failures.</summary>
    [Fact]
    public void Its_end_closes_both_ends_of_its_pipe()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        client.Connect((IPEndPoint)listener.LocalEndpoint);
        int before = Pipes();
        for (int i = 0; i < 1000; i++)
        {
            using var interruption = new Interruption();
            interruption.Set();
            Assert.False(interruption.WaitForBytes(client.Client, 1000));
        }

        // Other tests of this process open a few pipes of their own meanwhile.
        Assert.InRange(Pipes() - before, int.MinValue, 100);
    }

    private static int Pipes() => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(entry => new FileInfo(entry).LinkTarget?.StartsWith("pipe:", StringComparison.Ordinal) == true);
}
