using CoDe.Hosting;
using CoDe.Worker;

return await ServiceHost.RunAsync("worker", WorkerHost.DefaultPort, args, WorkerHost.Settings(), WorkerHost.Create);
