using CoDe.Drafter;
using CoDe.Hosting;

return await ServiceHost.RunAsync("drafter", DrafterHost.DefaultPort, args, arguments => Task.FromResult(DrafterHost.Create(arguments)));
