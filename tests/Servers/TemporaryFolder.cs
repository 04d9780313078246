namespace Penstock.Servers;

/// <summary>A new folder under TMPDIR that only this user may enter; removed with everything in it on dispose.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder(string name)
    {
        FullPath = Directory.CreateTempSubdirectory($"penstock-{name}-").FullName;
    }

    public string FullPath { get; }

    public string this[string file] => Path.Combine(FullPath, file);

    public void Dispose()
    {
        if (Directory.Exists(FullPath))
        {
            Directory.Delete(FullPath, recursive: true);
        }
    }
}
