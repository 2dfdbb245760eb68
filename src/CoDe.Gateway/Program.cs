using CoDe.Gateway;
using CoDe.Hosting;

return await ServiceHost.RunAsync("gateway", args, GatewayHost.CreateAsync);
