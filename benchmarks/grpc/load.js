'use strict';
// The same load as `load` of the C# program, by grpc-js: prints one line of JSON.
const path = require('node:path');
const folder = path.join(__dirname, '..', '..', 'tests', 'interop', 'node');
const grpc = require(path.join(folder, 'node_modules', '@grpc', 'grpc-js'));
const loader = require(path.join(folder, 'node_modules', '@grpc', 'proto-loader'));
const { parseArgs } = require('node:util');

const { values } = parseArgs({
  options: {
    port: { type: 'string' }, concurrency: { type: 'string' }, seconds: { type: 'string' }, size: { type: 'string' },
  },
});
const [concurrency, seconds, size] = [values.concurrency, values.seconds, values.size].map(Number);
const definition = loader.loadSync(path.join(__dirname, '..', '..', 'protos', 'grpc', 'testing', 'test.proto'));
const { TestService } = grpc.loadPackageDefinition(definition).grpc.testing;
const client = new TestService(`127.0.0.1:${values.port}`, grpc.credentials.createInsecure());
const request = { responseSize: size, payload: { body: Buffer.alloc(size) } };

const call = () => new Promise((resolve, reject) => {
  const done = (error) => (error ? reject(error) : resolve());
  if (size === 0) client.emptyCall({}, done);
  else client.unaryCall(request, done);
});

async function callUntil(end, latencies) {
  for (let start = performance.now(); start < end; start = performance.now()) {
    await call();
    latencies.push(performance.now() - start);
  }
}

async function run(duration) {
  const latencies = [];
  const end = performance.now() + duration * 1000;
  await Promise.all(Array.from({ length: concurrency }, () => callUntil(end, latencies)));
  return latencies;
}

(async () => {
  await run(seconds * 0.4);
  const start = performance.now();
  const latencies = (await run(seconds)).sort((a, b) => a - b);
  const elapsed = (performance.now() - start) / 1000;
  console.log(JSON.stringify({
    calls_per_s: latencies.length / elapsed,
    p50_ms: latencies[Math.floor(latencies.length / 2)],
    p99_ms: latencies[Math.floor(latencies.length * 0.99)],
    mb_per_s: (2 * size * latencies.length) / elapsed / 1e6,
    allocated_per_call: 0,
  }));
  client.close();
})();
