using CoDe.Drafter;
using CoDe.Hosting.Startup;

return await ServiceHost.RunAsync("drafter", DrafterHost.DefaultPort, args, DrafterHost.Settings(), DrafterHost.Create);
