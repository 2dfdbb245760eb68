using System.Runtime.InteropServices;
using CoDe.Engine.Serving;
using CoDe.Flow;
using CoDe.Hosting.Lifecycle;
using CoDe.Protocol;
using CoDe.Testing;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CoDe.Shared.Tests.Hosting.Startup;

/// <summary>Services whose device fails, or is too small for their models.</summary>
public sealed class LostDeviceTests
{
    private const string Assertion = "CUDA error: device-side assert triggered";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [TorchTheory]
    [InlineData("drafter")]
    [InlineData("worker")]
    public async Task Service_WhoseDeviceFails_EndsInOneLine(string name)
    {
        var started = new TaskCompletionSource<WebApplication>(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = ServiceRun.RunAsync(WithDevice(name, started), OnTorch(name));
        var app = await started.Task.WaitAsync(Patience);
        await Task.WhenAny(ended, app.Services.GetRequiredService<Readiness>().WhenLoaded).WaitAsync(Patience);
        var device = app.Services.GetRequiredService<Device>();

        var failed = await Assert.ThrowsAsync<DeviceFailedException>(
            () => device.RunAsync<int>(() => throw new CudaFault($"{Assertion}\nCompile with ..."), default));

        Assert.Equal($"The device failed: {Assertion}", failed.Message);
        Assert.Equal(StatusCode.Unavailable, StatusMapping.StatusOf(failed)?.StatusCode);
        var (code, _, error) = await ended.WaitAsync(Patience);
        Assert.Equal((1, $"{name}: The device failed: {Assertion}\n"), (code, error));
        await Assert.ThrowsAnyAsync<Exception>(() => device.RunAsync(() => 0, default));
    }

    [TorchFact]
    public async Task Device_WithWorkThatFails_GoesOn()
    {
        await using var device = new Device(new DeviceOptions { Name = "torch", Threads = 1 }.Create(), queueLimit: 1);
        await Assert.ThrowsAsync<CudaFault>(
            () => device.RunAsync<int>(() => throw new CudaFault("batch1 must be a 3D tensor"), default));
        var full = await Assert.ThrowsAsync<OutOfDeviceMemoryException>(
            () => device.RunAsync<int>(() => throw new CudaFault("CUDA out of memory. Tried to ..."), default));
        Assert.Equal("The memory of the device is full: CUDA out of memory. Tried to ...", full.Message);
        Assert.Equal(StatusCode.Internal, StatusMapping.StatusOf(full)?.StatusCode);
        Assert.Equal(5, await device.RunAsync(() => 5, default));
        Assert.False(device.WhenFailed.IsCompleted);
    }

    /// <summary>Keys and values of the 512 sequences alone are 700 GiB.</summary>
    [TorchFact]
    public async Task Models_ThatDoNotFitTheDevice_EndInOneLine()
        => await ServiceRun.AssertOneLineAsync(
            "drafter",
            [
                .. OnTorch("drafter"), "--drafter:Models:0:Name=x", "--drafter:Models:0:Checkpoint=synthetic:d36",
                "--drafter:Models:0:Vqvae=synthetic:vqvae", "--drafter:LargestBatch=256",
            ],
            "GiB of the device are free. ");

    private static string[] OnTorch(string name) =>
    [
        $"--{name}:Port=0", $"--{name}:HttpPort=off", $"--{name}:Host=127.0.0.1", $"--{name}:Device:Name=torch",
        $"--{name}:Device:Threads=1", "--Logging:LogLevel:Default=None",
    ];

    private static ServiceProgram WithDevice(string name, TaskCompletionSource<WebApplication> started)
    {
        var program = ServiceRun.Programs.Single(each => each.Name == name);
        return program with
        {
            Create = args =>
            {
                var app = program.Create(args);
                started.SetResult(app);
                return app;
            },
        };
    }

    private sealed class CudaFault(string message) : ExternalException(message);
}
