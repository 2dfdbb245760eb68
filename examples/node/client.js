'use strict';

// What both programs do the same: read the command line, ask, save, and end in one line where that fails.

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const definition = protoLoader.loadSync('code/v1/generation.proto', {
  includeDirs: [path.resolve(__dirname, '../../protos')],
  // Fields are named as in the contract.
  keepCase: true,
  // A seed may be larger than a JavaScript number holds exactly.
  longs: String,
  defaults: true,
  // Each event tells in "event" which of its fields it is.
  oneofs: true,
});
const { Generation } = grpc.loadPackageDefinition(definition).code.v1;

const HELP = `options:
  --address HOST:PORT  of the gateway (localhost:50051)
  --authority FILE     PEM file of the authority of a gateway with TLS
  --label LABEL        class by name or number; may be given several times (star)
  --count COUNT        images of each label (1)
  --seed SEED          the same seed gives the same images (chosen by the server)
  --steps STEPS        scales that the drafter decodes (the model's)
  --output FOLDER      for the images (here)
  --timeout SECONDS    to wait at most (600)`;

function readArguments(description) {
  const { values } = parseArgs({
    options: {
      address: { type: 'string', default: 'localhost:50051' },
      authority: { type: 'string' },
      label: { type: 'string', multiple: true, default: ['star'] },
      count: { type: 'string' },
      seed: { type: 'string' },
      steps: { type: 'string' },
      output: { type: 'string', default: '.' },
      timeout: { type: 'string', default: '600' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    console.log(`${description}\n\n${HELP}`);
    process.exit();
  }

  checkWhole(values, 'count', 2n ** 32n - 1n);
  checkWhole(values, 'seed', 2n ** 64n - 1n);
  checkWhole(values, 'steps', 2n ** 32n - 1n);
  checkWhole(values, 'timeout', 2n ** 32n - 1n);
  return values;
}

function checkWhole(values, name, largest) {
  const text = values[name];
  if (text !== undefined && !(/^\d+$/.test(text) && BigInt(text) <= largest)) {
    throw new Error(`--${name} is ${text}; allowed: a whole number up to ${largest}`);
  }
}

/** Fields that are undefined stay absent, and the server fills them in. */
function requestOf({ label, count, seed, steps }) {
  return { labels: label, count, seed, steps };
}

function connect({ address, authority }) {
  const security = authority === undefined
    ? grpc.credentials.createInsecure()
    : grpc.credentials.createSsl(fs.readFileSync(authority));
  // All images of a request come in one message, which may pass the 4 MiB that clients take unless told otherwise.
  return new Generation(address, security, { 'grpc.max_receive_message_length': -1 });
}

function deadlineOf({ timeout }) {
  return { deadline: Date.now() + Number(timeout) * 1000 };
}

/** The metadata by which a gateway with keys knows us; the key is in the environment, where nobody else sees it. */
function credentials() {
  const metadata = new grpc.Metadata();
  if (process.env.CODE_KEY) {
    metadata.set('authorization', `Bearer ${process.env.CODE_KEY}`);
  }

  return metadata;
}

function save(image, folder, name) {
  fs.mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${name}.png`);
  fs.writeFileSync(file, image.data);
  console.log(file);
}

function numberOf(index) {
  return String(index).padStart(5, '0');
}

/** Names of classes are for people: those of ImageNet hold commas, blanks and slashes. */
function nameOf({ index, label_name: label }) {
  return `${numberOf(index)}_${label.replace(/[^0-9A-Za-z]+/g, '_')}`;
}

async function run(program) {
  try {
    await program();
  } catch (error) {
    const what = error.details === undefined ? error.message : `${grpc.status[error.code]}: ${error.details}`;
    console.error(what.replace(/\s+/g, ' ').trim());
    process.exitCode = 1;
  }
}

module.exports = { readArguments, requestOf, connect, credentials, deadlineOf, save, numberOf, nameOf, run };
