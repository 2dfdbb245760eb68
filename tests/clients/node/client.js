'use strict';

// Runs all cases against a gateway and prints a line of JSON a case: see the README of this folder's parent.

const { grpc } = require('./libraries.js');
const { cases, GENERATION, HEALTH } = require('./cases.js');
const { Reflection } = require('./reflection.js');

/** The gateway as its cases see it. */
class Api {
  static async connect(address) {
    const api = new Api();
    api.address = address;
    api.reflection = new Reflection(address);
    api.contract = await api.reflection.contractOf(GENERATION, HEALTH);
    api.clients = { Generation: api.connect('Generation'), Health: api.connect('Health') };
    api.side = (await api.call('ListModels', {})).models[0].image_side;
    return api;
  }

  connect(service, options = { 'grpc.max_receive_message_length': -1 }) {
    const Client = { ...this.contract.code.v1, ...this.contract.grpc.health.v1 }[service];
    return new Client(this.address, grpc.credentials.createInsecure(), options);
  }

  /** Calls a method that answers once. */
  call(method, request, { client = this.clientOf(method), seconds = 60, started = () => {} } = {}) {
    return new Promise((resolve, reject) => {
      const answered = (error, response) => (error ? reject(error) : resolve(response));
      started(client[method](request, deadlineIn(seconds), answered));
    });
  }

  /** Calls a method that answers with a stream. */
  stream(method, request, { seconds = 60 } = {}) {
    return this.clientOf(method)[method](request, deadlineIn(seconds));
  }

  close() {
    [this.reflection, ...Object.values(this.clients)].forEach((client) => client.close());
  }

  clientOf(method) {
    return Object.values(this.clients).find((client) => method in client);
  }
}

function deadlineIn(seconds) {
  return { deadline: Date.now() + seconds * 1000 };
}

async function report(name, api) {
  const line = { case: name, result: '', error: null, images: [] };
  try {
    const [result, ...images] = [await cases[name](api)].flat();
    Object.assign(line, { result, images: images.map((image) => image.toString('base64')) });
  } catch (problem) {
    line.error = `${problem.name}: ${problem.message}`;
  }
  console.log(JSON.stringify(line));
}

async function main() {
  const api = await Api.connect(process.argv[2]);
  for (const name of Object.keys(cases)) {
    await report(name, api);
  }
  api.close();
}

main().catch((problem) => {
  console.error(problem);
  process.exitCode = 1;
});
