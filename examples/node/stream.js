'use strict';

// Asks CoDe for images of some labels, tells how they come along and saves each with a preview of its draft.

const { connect, credentials, deadlineOf, nameOf, numberOf, readArguments, requestOf, run, save } = require('./client.js');

async function main() {
  const options = readArguments(
    'Asks CoDe for images of some labels, reports their progress and saves each with a preview of its draft.');
  const client = connect(options);
  try {
    const events = client.GenerateStream(requestOf(options), credentials(), deadlineOf(options));
    for await (const event of events) {
      show[event.event](event[event.event], options.output);
    }
  } finally {
    client.close();
  }
}

const show = {
  queued: ({ seed, ahead }) => console.log(`seed ${seed}, ${ahead} images wait before`),
  scale_done: ({ index, scales, of }) => console.log(`image ${index}: scale ${scales} of ${of}`),
  drafted: ({ index, preview }, folder) => save(preview, folder, `${numberOf(index)}.draft`),
  image: (generated, folder) => save(generated.image, folder, nameOf(generated)),
};

run(main);
