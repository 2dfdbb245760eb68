using CoDe.Hosting;
using CoDe.Refiner;

return await ServiceHost.RunAsync("refiner", args, arguments => Task.FromResult(RefinerHost.Create(arguments)));
