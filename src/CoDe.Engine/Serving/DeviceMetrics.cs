using System.Diagnostics.Metrics;
using CoDe.Telemetry;

namespace CoDe.Engine.Serving;

/// <summary>Measures of a device.</summary>
internal static class DeviceMetrics
{
    /// <summary>Observes a device for as long as the factory of meters lives.</summary>
    public static void Observe(IMeterFactory meters, Device device)
    {
        var meter = meters.Create(MeterNames.Engine);
        var name = KeyValuePair.Create(TagNames.Device, (object?)device.Backend.Description);
        meter.CreateObservableGauge(
            InstrumentNames.DeviceMemory, () => new Measurement<long>(device.MemoryBytes, name), "By",
            "Memory in use: of the device, or of the process where the device has none of its own.");
        meter.CreateObservableCounter(
            InstrumentNames.DeviceBusy,
            () => new Measurement<double>(device.Busy.TotalSeconds, name),
            "s",
            "Time that the device worked.");
    }
}
