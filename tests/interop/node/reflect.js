'use strict';
// Calls a server knowing nothing of it but its port: services, contract and call all come from reflection.
// Prints one line of JSON: the services, and the size of the payload that a call by reflection brought.
const grpc = require('@grpc/grpc-js');
const { GrpcReflection } = require('grpc-js-reflection-client');
const { parseArgs } = require('node:util');

const { values } = parseArgs({ options: { port: { type: 'string' } } });
const address = `127.0.0.1:${values.port}`;
const credentials = grpc.ChannelCredentials.createInsecure();

(async () => {
  const reflection = new GrpcReflection(address, credentials);
  const services = await reflection.listServices();
  const contract = await reflection.getDescriptorBySymbol('grpc.testing.TestService');
  const { TestService } = contract.getPackageObject({ keepCase: true, defaults: true }).grpc.testing;
  const client = new TestService(address, credentials);
  client.UnaryCall({ response_size: 5 }, (error, response) => {
    if (error) throw error;
    console.log(JSON.stringify({ services: services.sort(), size: response.payload.body.length }));
    process.exit(0);
  });
})();
