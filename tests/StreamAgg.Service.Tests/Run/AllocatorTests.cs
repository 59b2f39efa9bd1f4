using System.Diagnostics;
using System.Text;
using Xunit;

namespace StreamAgg.Service.Tests.Run;

public sealed class AllocatorTests
{
    [Fact]
    public async Task One_that_lies_beside_the_program_is_taken_by_run_which_says_so_and_by_no_other_verb()
    {
        DirectoryInfo program = Directory.CreateTempSubdirectory("streamagg-allocator-");
        try
        {
            // The program itself as a copy: what it stands beside is judged by where the file lies.
            foreach (string entry in Directory.EnumerateFileSystemEntries(AppContext.BaseDirectory))
            {
                if (Path.GetFileName(entry).StartsWith("streamagg.", StringComparison.Ordinal))
                    File.Copy(entry, Path.Combine(program.FullName, Path.GetFileName(entry)));
                else
                    File.CreateSymbolicLink(Path.Combine(program.FullName, Path.GetFileName(entry)), entry);
            }

            // Any library can be loaded before the others: the name is what is looked for.
            string library = Path.Combine(program.FullName, "libmimalloc.so.2");
            File.Copy(LoadedLibrary("libm.so"), library);
            string dll = Path.Combine(program.FullName, "streamagg.dll");

            Assert.Contains($"memory is allocated by {library}", await UntilAsync(dll, "allocated by", "run", "--StreamAgg:Http:Url=http://127.0.0.1:0"));
            Assert.DoesNotContain("allocated by", await UntilAsync(dll, "never said", "schema", "usage"));
        }
        finally
        {
            program.Delete(recursive: true);
        }
    }

    private static string LoadedLibrary(string name) =>
        File.ReadLines("/proc/self/maps").Select(line => line.Split(' ')[^1]).First(path => Path.GetFileName(path).StartsWith(name, StringComparison.Ordinal));

    /// <summary>What the program has said up to a line with these words, or to its end.</summary>
    private static async Task<string> UntilAsync(string dll, string words, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [dll, .. arguments]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var said = new StringBuilder();
        try
        {
            while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
            {
                said.AppendLine(line);
                if (line.Contains(words, StringComparison.Ordinal))
                    break;
            }
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        return said.ToString();
    }
}
