using CoDe.Hosting;
using CoDe.Refiner;

return await ServiceHost.RunAsync("refiner", RefinerHost.DefaultPort, args, arguments => Task.FromResult(RefinerHost.Create(arguments)));
