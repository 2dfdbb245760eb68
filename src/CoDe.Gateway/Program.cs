using CoDe.Gateway;
using CoDe.Hosting.Startup;

return await ServiceHost.RunAsync(
    "gateway", GatewayHost.DefaultPort, args, GatewayHost.AllSettings(), GatewayHost.Create);
