namespace CoDe.Planning;

/// <summary>Stages by device: some devices draft and others refine, or each does both.</summary>
/// <param name="Drafters">Replicas that draft.</param>
/// <param name="Refiners">Replicas that refine.</param>
/// <param name="IsShared">Whether each device does both, as a worker.</param>
public sealed record Topology(int Drafters, int Refiners, bool IsShared)
{
    public int Devices => IsShared ? Drafters : Drafters + Refiners;

    /// <summary>Makes a topology of workers.</summary>
    public static Topology OfWorkers(int devices) => new(devices, devices, true);

    /// <summary>Lists workers on all devices, and every split into drafters and refiners.</summary>
    public static IEnumerable<Topology> Of(int devices)
        => Enumerable.Range(1, devices - 1).Select(drafters => new Topology(drafters, devices - drafters, false))
            .Prepend(OfWorkers(devices));

    /// <summary>Gets the device on which a refiner computes; drafter i computes on device i.</summary>
    public int DeviceOfRefiner(int refiner) => IsShared ? refiner : Drafters + refiner;

    public override string ToString() => IsShared
        ? Count(Drafters, "worker")
        : $"{Count(Drafters, "drafter")}, {Count(Refiners, "refiner")}";

    private static string Count(int number, string name)
        => FormattableString.Invariant($"{number} {name}{(number == 1 ? "" : "s")}");
}
