using CoDe.Hosting.Startup;
using CoDe.Worker;

return await ServiceHost.RunAsync("worker", WorkerHost.DefaultPort, args, WorkerHost.Settings(), WorkerHost.Create);
