using CoDe.Hosting.Startup;
using CoDe.Refiner;

return await ServiceHost.RunAsync("refiner", RefinerHost.DefaultPort, args, RefinerHost.Settings(), RefinerHost.Create);
