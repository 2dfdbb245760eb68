using CoDe.Drafter;
using CoDe.Hosting;

return await ServiceHost.RunAsync("drafter", DrafterHost.DefaultPort, args, DrafterHost.Settings(), arguments => Task.FromResult(DrafterHost.Create(arguments)));
