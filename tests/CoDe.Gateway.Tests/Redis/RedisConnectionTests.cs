using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using CoDe.Gateway.Redis;
using Xunit;

namespace CoDe.Gateway.Tests.Redis;

/// <summary>The address by which a machine reaches its Redis.</summary>
public sealed class RedisConnectionTests
{
    [Theory]
    [InlineData("localhost:6379")]
    [InlineData("127.0.0.2:6379,ssl=true")]
    [InlineData("[::1]:6379")]
    [InlineData("redis.invalid:6379")]
    [InlineData("!/run/redis.sock")]
    public void LocalAddress_WhereRedisIsOnThisMachineOrUnknown_IsNone(string connection)
        => Assert.Null(RedisConnection.LocalAddressOf(connection));

    [Fact]
    public void LocalAddress_OfARedisAtAnAddressOfTheNetwork_IsOnThatNetwork()
    {
        var own = NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(network => network.GetIPProperties().UnicastAddresses).Select(each => each.Address)
            .Where(each => each.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(each));
        Assert.All(own, address => Assert.Equal(address, RedisConnection.LocalAddressOf($"{address}:6379")));
    }
}
