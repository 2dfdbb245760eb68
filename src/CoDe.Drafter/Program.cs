using CoDe.Drafter;
using CoDe.Hosting;

return await ServiceHost.RunAsync("drafter", args, arguments => Task.FromResult(DrafterHost.Create(arguments)));
