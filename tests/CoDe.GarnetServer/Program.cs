using Garnet;

// A Redis as a process, for tests where Debian's redis-server is not installed. Prints when it is ready, like Redis.
using var server = new GarnetServer(args);
server.Start();
await Task.Delay(Timeout.Infinite);
