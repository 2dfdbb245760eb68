'use strict';

// Asks CoDe for images of some labels and saves them.

const { promisify } = require('node:util');
const { connect, credentials, deadlineOf, nameOf, readArguments, requestOf, run, save } = require('./client.js');

async function main() {
  const options = readArguments('Asks CoDe for images of some labels and saves them.');
  const client = connect(options);
  try {
    const generate = promisify(client.Generate).bind(client);
    const response = await generate(requestOf(options), credentials(), deadlineOf(options));
    for (const generated of response.images) {
      save(generated.image, options.output, nameOf(generated));
    }
    console.log(`seed ${response.seed}, model ${response.model}, ${response.steps} scales drafted`);
  } finally {
    client.close();
  }
}

run(main);
