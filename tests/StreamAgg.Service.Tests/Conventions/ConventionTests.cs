using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using StreamAgg.Core.Events;
using StreamAgg.Pipeline.Telemetry;
using StreamAgg.Service.Cli;
using StreamAgg.Service.Configuration;
using StreamAgg.Service.Faults;
using Xunit;

namespace StreamAgg.Service.Tests.Conventions;

/// <summary>What the project says of itself, held against its files.</summary>
public sealed partial class ConventionTests
{
    [Fact]
    public void No_folder_of_a_project_imports_in_a_circle()
    {
        Dictionary<string, HashSet<string>> arrows = Arrows();
        Assert.True(arrows.Count > 20, "the arrows between folders were not found");
        // What has no arrow out, or only such as lead to what was taken away before, is taken away; a circle stays.
        while (arrows.FirstOrDefault(folder => !folder.Value.Any(arrows.ContainsKey)).Key is { } free)
            arrows.Remove(free);
        Assert.Empty(arrows.Select(folder => $"{folder.Key} -> {string.Join(", ", folder.Value.Where(arrows.ContainsKey).Order())}"));
    }

    [Fact]
    public void The_digest_s_rooms_know_its_cells_alone()
    {
        Dictionary<string, HashSet<string>> arrows = Arrows();
        foreach (string room in (string[])["Adding", "Merging", "Storing"])
            Assert.Equal(["src/StreamAgg.Digests/Cells"], arrows[$"src/StreamAgg.Digests/{room}"].Where(folder => folder != "src/StreamAgg.Digests"));
    }

    [Fact]
    public void No_file_has_over_400_lines_and_no_folder_over_20_files()
    {
        Assert.Empty(Sources.Product.Where(file => file.Value.Count(c => c == '\n') > 400).Select(file => file.Key));
        Assert.Empty(Sources.Product.Keys.GroupBy(FolderOf).Where(folder => folder.Count() > 20).Select(folder => folder.Key));
    }

    [Fact]
    public void No_line_is_longer_than_150_unless_it_is_one_text()
    {
        Assert.Empty(Sources.Product.SelectMany(file => RawText().Replace(file.Value, "").Split('\n')
            .Where(line => line.Length > 150 && !OneText().IsMatch(line)).Select(line => $"{file.Key}: {line.Trim()}")));
    }

    [Fact]
    public void What_other_projects_see_is_documented_each_type_and_each_member_of_a_port()
    {
        var undocumented = new List<string>();
        foreach ((string path, string text) in Sources.Product)
        {
            // The other files of a type in parts are named TYPE.PART.cs.
            if (Path.GetFileNameWithoutExtension(path).Contains('.', StringComparison.Ordinal))
                continue;
            string[] lines = text.Split('\n');
            bool isPort = lines.Any(line => line.StartsWith("public interface ", StringComparison.Ordinal));
            for (int i = 1; i < lines.Length; i++)
            {
                if ((PublicType().IsMatch(lines[i]) || (isPort && PortMember().IsMatch(lines[i])))
                    && !lines.Take(i).Last(line => !line.TrimStart().StartsWith('[')).TrimStart().StartsWith("///", StringComparison.Ordinal))
                    undocumented.Add($"{path}: {lines[i].Trim()}");
            }
        }

        Assert.Empty(undocumented);
    }

    [Fact]
    public void The_README_names_every_verb_and_no_other()
    {
        var named = Table("README.md", "| `run` |").Select(row => InCode().Match(row).Groups["text"].Value.Split(' ')[0]);
        using var signals = new StopSignals();
        var context = new CommandContext([], signals);
        Assert.Equal(CommandTree.Create(context).Subcommands.Select(verb => verb.Name).Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_event_id_is_one_lines()
    {
        string[] ids = [.. Sources.Product.Values.SelectMany(text => EventId().Matches(text)).Select(match => match.Groups["id"].Value)];
        Assert.True(ids.Length > 20, "the log lines were not found");
        Assert.Empty(ids.GroupBy(id => id).Where(same => same.Count() > 1).Select(same => same.Key));
    }

    [Fact]
    public void The_README_names_every_setting_and_no_other()
    {
        var named = Table("README.md", "| `Kafka:BootstrapServers` |")
            .SelectMany(row => InCode().Matches(row.Split('|')[1])).Select(match => match.Groups["text"].Value);
        Assert.Equal(KnownSettings().Concat(["Kafka:Client:<property>", "Rollups:<name>:Dimensions", "Rollups:<name>:MaxKeys"]).Concat(EventKinds.All.Select(kind => $"Events:{kind.Section}:Fields:<field>")).Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_operations_page_lists_every_instrument_and_no_other()
    {
        var listed = Table("docs/operations.md", "| instrument | unit |").Skip(2)
            .SelectMany(row => InCode().Matches(row.Split('|')[1]).Zip(InCode().Matches(row.Split('|')[2])))
            .Select(pair => $"{pair.First.Groups["text"].Value} in {pair.Second.Groups["text"].Value}");
        Assert.Equal(Instruments().Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_alert_has_its_heading_in_the_runbook_and_names_it()
    {
        string alerts = Sources.Read("deploy/prometheus/alerts.yml");
        string[] names = [.. Alert().Matches(alerts).Select(match => match.Groups["name"].Value)];
        Assert.True(names.Length > 5, "the alerts were not found");
        Assert.Equal(
            names.Order(StringComparer.Ordinal),
            AlertHeading().Matches(Sources.Read("docs/runbook.md")).Select(match => match.Groups["name"].Value).Order(StringComparer.Ordinal));
#pragma warning disable CA1308 // An anchor is the heading in small letters.
        Assert.Equal(
            names.Select(name => $"docs/runbook.md#{name.ToLowerInvariant()}"), Runbook().Matches(alerts).Select(match => match.Groups["place"].Value));
#pragma warning restore CA1308
    }

    /// <summary>The rows of a table from the one that begins so.</summary>
    private static IEnumerable<string> Table(string path, string begin) =>
        Sources.Read(path).Split('\n').SkipWhile(line => !line.StartsWith(begin, StringComparison.Ordinal)).TakeWhile(line => line.StartsWith('|'));

    /// <summary>An unknown key's message names all that there are.</summary>
    private static string[] KnownSettings()
    {
        IConfiguration wrong = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("StreamAgg:Nonsense", (string?)"1")]).Build();
        string line = Assert.Single(Assert.Throws<CommandFaultException>(() => SettingsBinder.Bind(wrong)).Lines);
        return line[(line.IndexOf("there are ", StringComparison.Ordinal) + "there are ".Length)..].TrimEnd('.').Split(", ");
    }

    private static HashSet<string> Instruments()
    {
        var instruments = new HashSet<string>(StringComparer.Ordinal);
        using var listener = new MeterListener();
        using var metrics = new StreamAggMetrics("conventions", 10);
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Name == StreamAggMetrics.Name)
                instruments.Add($"{instrument.Name} in {instrument.Unit}");
        };
        listener.Start();
        return instruments;
    }

    /// <summary>Of each folder those of its project that it names types of.</summary>
    private static Dictionary<string, HashSet<string>> Arrows()
    {
        var homes = Sources.Product
            .SelectMany(file => Declaration().Matches(Sources.CodeOf(file.Value)).Select(match => (Type: match.Groups["name"].Value, Folder: FolderOf(file.Key))))
            .ToLookup(home => home.Type, home => home.Folder);
        var arrows = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach ((string path, string text) in Sources.Product)
        {
            string folder = FolderOf(path);
            HashSet<string> from = arrows.TryGetValue(folder, out HashSet<string>? known) ? known : arrows[folder] = [];
            // A type's name after a dot is a member that is called as the type is.
            foreach (Match name in TypeName().Matches(Sources.CodeOf(text)))
                from.UnionWith(homes[name.Value].Where(home => home != folder && ProjectOf(home) == ProjectOf(folder)));
        }

        return arrows;
    }

    private static string FolderOf(string path) => path[..path.LastIndexOf('/')];

    private static string ProjectOf(string folder) => folder.Split('/')[1];

    [GeneratedRegex(@"\[LoggerMessage\((?:EventId = )?(?<id>\d+)", RegexOptions.ExplicitCapture)]
    private static partial Regex EventId();

    [GeneratedRegex("\"\"\"[\\s\\S]*?\"\"\"")]
    private static partial Regex RawText();

    /// <summary>A message stands in one piece, behind no more than a name or an operator: it is found by its words.</summary>
    [GeneratedRegex(@"^\s*(?:[?:+\[] ?|[\w.]+ (?:=>|=) |(?:public const string|return|yield return) (?:\w+ = )?)*[$@]*""", RegexOptions.ExplicitCapture)]
    private static partial Regex OneText();

    [GeneratedRegex(@"^public .*\b(class|record|struct|enum|interface) \w", RegexOptions.ExplicitCapture)]
    private static partial Regex PublicType();

    [GeneratedRegex(@"^    \w[\w<>,?\[\] ]* \w+( \{ get|\()", RegexOptions.ExplicitCapture)]
    private static partial Regex PortMember();

    [GeneratedRegex(@"^ *- alert: (?<name>\w+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Alert();

    [GeneratedRegex(@"^#+ (?<name>(StreamAgg|Provider)\w+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex AlertHeading();

    [GeneratedRegex("runbook: \"(?<place>[^\"]+)\"", RegexOptions.ExplicitCapture)]
    private static partial Regex Runbook();

    [GeneratedRegex("`(?<text>[^`]+)`", RegexOptions.ExplicitCapture)]
    private static partial Regex InCode();

    [GeneratedRegex(@"^(?:public|internal)\s+(?:(?:static|sealed|abstract|readonly|partial|unsafe|ref)\s+)*(?:class|record struct|record|struct|enum|interface)\s+(?<name>\w+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"(?<![\w.])[A-Z]\w+\b(?!\s*(?:=>|\{ get|;|=[^=]))", RegexOptions.ExplicitCapture)]
    private static partial Regex TypeName();
}
