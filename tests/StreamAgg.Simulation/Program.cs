using StreamAgg.Simulation;
using StreamAgg.Simulation.Mutants;
using StreamAgg.Simulation.Running;
using StreamAgg.Simulation.Tracing;

if (Arguments.Parse(args) is not { } arguments)
{
    Console.Error.WriteLine(Arguments.Usage);
    return 2;
}

if (arguments.IsReplay)
{
    var world = new World(arguments.First, arguments.Mutant, isTraced: true);
    world.Run();
    foreach (string line in world.Trace.Lines)
        Console.WriteLine(line);
    Console.WriteLine($"seed {arguments.First}: {(world.Violation is { } v ? $"{v.Invariant}: {v.What}" : "holds")}, world {world.Scheduler.Fingerprint:x16}");
    return world.Violation is null ? 0 : 1;
}

var (passed, failed) = Repeatability.Run();
if (arguments.Seeds > 0)
{
    var run = new SeedRun(arguments.First, arguments.Seeds, arguments.Threads, Mutant.None, Report.Progress(arguments.Seeds));
    run.Run();
    if (run.Failure is { } failure)
    {
        failed++;
        Report.Failure(failure.Seed, Mutant.None);
    }
    else
    {
        passed++;
        IReadOnlyList<Happening> never = Report.Coverage(run.Happenings);
        if (never.Count > 0 && arguments.Seeds >= Mutant.UsualPatience)
        {
            failed++;
            Console.WriteLine($"never taken in {arguments.Seeds} seeds: {string.Join(", ", never)}");
        }
    }
    Report.Summary(run);
}

if (arguments.HasMutants)
{
    Console.WriteLine("Mutants:");
    var (found, escaped) = MutantRun.Run(arguments.Threads);
    passed += found;
    failed += escaped;
}

Console.WriteLine($"{passed} passed, {failed} failed, 0 skipped");
return failed == 0 ? 0 : 1;
