using CoDe.Gateway;
using CoDe.Hosting;

return await ServiceHost.RunAsync("gateway", GatewayHost.DefaultPort, args, GatewayHost.AllSettings(), GatewayHost.Create);
