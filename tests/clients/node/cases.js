'use strict';

// The cases, in the order in which they run. A case returns what it saw and the images that the tests compare.

const { isDeepStrictEqual } = require('node:util');
const zlib = require('node:zlib');
const { grpc } = require('./libraries.js');

const GENERATION = 'code.v1.Generation';
const HEALTH = 'grpc.health.v1.Health';
const LARGEST_REQUEST = 16 << 20;
const QUEUE_LIMIT = 512;
// Takes long enough to be cancelled; all that are, one after the other, fit into the queue.
const MANY = 64;
const STAR = { labels: ['star'], seed: '7', steps: 8 };
const LARGEST_SEED = '18446744073709551615';
const GZIP = 2;

function check(condition, ...saw) {
  if (!condition) {
    throw new Error(`saw ${JSON.stringify(saw)}`);
  }
}

function checkEqual(saw, expected) {
  check(isDeepStrictEqual(saw, expected), saw, expected);
}

/** The error of a call that must end with this status. */
async function refusal(call, code) {
  let answer;
  try {
    answer = await call();
  } catch (error) {
    checkEqual(grpc.status[error.code] ?? error.message, grpc.status[code]);
    return error;
  }
  throw new Error(`answered instead of ${grpc.status[code]}: ${JSON.stringify(answer).slice(0, 100)}`);
}

/** Unpacks a PNG, whose rows of 8-bit RGB have a byte of filter each. */
function checkSize({ data, width, height }, side) {
  const packed = [];
  checkEqual([width, height], [side, side]);
  for (let at = 8; at < data.length;) {
    const length = data.readUInt32BE(at);
    const kind = data.toString('latin1', at + 4, at + 8);
    const chunk = data.subarray(at + 8, at + 8 + length);
    if (kind === 'IHDR') {
      checkEqual([chunk.readUInt32BE(0), chunk.readUInt32BE(4), chunk[8], chunk[9]], [side, side, 8, 2]);
    } else if (kind === 'IDAT') {
      packed.push(chunk);
    }
    at += length + 12;
  }
  checkEqual(zlib.inflateSync(Buffer.concat(packed)).length, side * (1 + 3 * side));
}

async function collect(stream) {
  const messages = [];
  for await (const each of stream) {
    messages.push(each);
  }
  return messages;
}

/** The first message of a stream that goes on; then it is cancelled. */
async function first(stream) {
  stream.on('error', () => {});
  const message = await new Promise((resolve, reject) => stream.once('data', resolve).once('error', reject));
  stream.cancel();
  return message;
}

const cases = {
  async reflection_lists_services(api) {
    const services = await api.reflection.services();
    check([GENERATION, HEALTH].every((name) => services.includes(name)), services);
    return `${services.length} services`;
  },

  async reflection_describes_methods(api) {
    const methods = Object.values(api.contract.code.v1.Generation.service);
    checkEqual(
      Object.fromEntries(methods.map(({ originalName, path, responseStream }) => [path.split('/')[2], responseStream])),
      { Generate: false, GenerateStream: true, Edit: false, ListModels: false });
    return `${methods.length} methods`;
  },

  async reflection_of_an_unknown_symbol(api) {
    const code = await api.reflection.errorOf('code.v1.Nothing');
    checkEqual(code, 'NOT_FOUND');
    return code;
  },

  async list_models(api) {
    const { models: [model] } = await api.call('ListModels', {});
    check(model.name === 'tiny' && model.sides.length === 10 && model.class_names.includes('star'), model);
    return `${model.name}, ${model.classes} classes`;
  },

  async generate_one(api) {
    const response = await api.call('Generate', STAR);
    const { images: [image], seed, steps, model } = response;
    checkEqual([seed, steps, model, image.label_name, response.images.length], ['7', 8, 'tiny', 'star', 1]);
    checkSize(image.image, api.side);
    return [`${image.image.width} x ${image.image.height}`, image.image.data];
  },

  async generate_many(api) {
    const { images } = await api.call('Generate', { labels: ['star', '5', 'none'], count: 2, seed: '11' });
    const names = images.map((image) => image.label_name);
    checkEqual([names.slice(0, 4), names.length], [['star', 'star', 'heart', 'heart'], 6]);
    checkEqual(images.map((image) => image.index), [0, 1, 2, 3, 4, 5]);
    images.forEach((image) => checkSize(image.image, api.side));
    return [`${names.length} images`, ...images.map((image) => image.image.data)];
  },

  async generate_largest_seed(api) {
    const response = await api.call('Generate', { labels: ['moon'], seed: LARGEST_SEED });
    checkEqual(response.seed, LARGEST_SEED);
    return [response.seed, response.images[0].image.data];
  },

  async generate_without_seed(api) {
    const once = await api.call('Generate', { labels: ['moon'] });
    const again = await api.call('Generate', { labels: ['moon'], seed: once.seed, steps: once.steps });
    check(once.images[0].image.data.equals(again.images[0].image.data), once.seed);
    return 'same again';
  },

  async generate_formats(api) {
    const starts = { IMAGE_FORMAT_JPEG: 'ffd8ff', IMAGE_FORMAT_WEBP: '524946' };
    for (const [format, start] of Object.entries(starts)) {
      const { images: [{ image }] } = await api.call('Generate', { ...STAR, format });
      checkEqual([format, image.data.toString('hex', 0, 3)], [format, start]);
    }
    const { images: [{ image }] } = await api.call('Generate', { ...STAR, format: 'IMAGE_FORMAT_RGB' });
    checkEqual(image.data.length, 3 * api.side ** 2);
    return 'RGB, JPEG, WebP';
  },

  async generate_tokens(api) {
    const { images: [{ token_maps: maps }] } = await api.call('Generate', { ...STAR, tokens: true });
    check(maps.length === 10 && maps.every(({ side, tokens }) => tokens.length === 2 * side ** 2), maps.length);
    return `${maps.length} scales`;
  },

  async generate_stream(api) {
    const events = await collect(api.stream('GenerateStream', STAR));
    const kinds = events.map(({ event }) => event);
    const ofKind = (kind) => events.filter(({ event }) => event === kind).map((each) => each[kind]);
    check(kinds[0] === 'queued' && kinds.at(-1) === 'image' && ofKind('drafted').length === 1, kinds);
    checkEqual(ofKind('scale_done').map(({ scales }) => scales), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const pictures = [ofKind('drafted')[0].preview, ofKind('image')[0].image];
    pictures.forEach((picture) => checkSize(picture, api.side));
    return [`${events.length} events`, ...pictures.map(({ data }) => data)];
  },

  async edit(api) {
    const { images: [{ image: picture }] } = await api.call('Generate', STAR);
    const row = Buffer.alloc(3 * api.side).fill(0xff, 0, Math.floor((3 * api.side) / 2));
    const data = Buffer.concat(Array(api.side).fill(row));
    const mask = { width: api.side, height: api.side, format: 'IMAGE_FORMAT_RGB', data };
    const request = { labels: ['heart'], seed: '3' };
    const { images: [image] } = await api.call('Edit', { request, image: picture, mask });
    checkSize(image.image, api.side);
    return [image.label_name, image.image.data];
  },

  async gzip_request(api) {
    const zipping = api.connect('Generation', { 'grpc.default_compression_algorithm': GZIP });
    try {
      const zipped = await api.call('Generate', STAR, { client: zipping });
      check(isDeepStrictEqual(zipped, await api.call('Generate', STAR)), 'another image');
    } finally {
      zipping.close();
    }
    return 'same image';
  },

  async parallel_calls(api) {
    const labels = [0, 1, 2, 3, 4, 5, 6, 7];
    const responses = await Promise.all(
      labels.map((label) => api.call('Generate', { labels: [String(label)], seed: '1' })));
    checkEqual(responses.map(({ images: [{ label }] }) => label), labels);
    return `${labels.length} calls`;
  },

  async health_check(api) {
    for (const service of ['', GENERATION]) {
      checkEqual([service, (await api.call('Check', { service })).status], [service, 'SERVING']);
    }
    return 'SERVING';
  },

  async health_watch(api) {
    for (const service of ['', GENERATION]) {
      checkEqual([service, (await first(api.stream('Watch', { service }))).status], [service, 'SERVING']);
    }
    return 'SERVING';
  },

  async health_of_an_unknown_service(api) {
    const unknown = { service: 'code.v1.Nothing' };
    await refusal(() => api.call('Check', unknown), grpc.status.NOT_FOUND);
    checkEqual((await first(api.stream('Watch', unknown))).status, 'SERVICE_UNKNOWN');
    return 'NOT_FOUND, SERVICE_UNKNOWN';
  },

  async invalid_arguments(api) {
    const wrong = {
      'label is sphere': { labels: ['sphere'] },
      'labels is empty': {},
      'count is 0': { labels: ['star'], count: 0 },
      'steps is 11': { labels: ['star'], steps: 11 },
      'guidance is 101': { labels: ['star'], settings: { guidance: 101 } },
    };
    for (const [message, request] of Object.entries(wrong)) {
      const { details } = await refusal(() => api.call('Generate', request), grpc.status.INVALID_ARGUMENT);
      check(details.startsWith(message) && details.includes('allowed: '), details);
    }
    return 'INVALID_ARGUMENT';
  },

  async invalid_edit(api) {
    const request = { request: { labels: ['heart'] } };
    const { details } = await refusal(() => api.call('Edit', request), grpc.status.INVALID_ARGUMENT);
    check(details.startsWith('image is missing'), details);
    return 'INVALID_ARGUMENT';
  },

  async unknown_model(api) {
    const request = { model: 'huge', labels: ['star'] };
    const { code, details } = await refusal(() => api.call('Generate', request), grpc.status.NOT_FOUND);
    check(details.includes('huge'), details);
    return grpc.status[code];
  },

  async unknown_method(api) {
    const bytes = (value) => value;
    const call = () => new Promise((resolve, reject) => {
      const answered = (error, answer) => (error ? reject(error) : resolve(answer));
      api.clients.Generation.makeUnaryRequest(`/${GENERATION}/Nothing`, bytes, bytes, Buffer.alloc(0), answered);
    });
    return grpc.status[(await refusal(call, grpc.status.UNIMPLEMENTED)).code];
  },

  async queue_that_is_full(api) {
    const request = { labels: ['star'], count: QUEUE_LIMIT + 1 };
    const { metadata } = await refusal(() => api.call('Generate', request), grpc.status.RESOURCE_EXHAUSTED);
    check(Number(metadata.get('retry-after')[0]) >= 1, metadata);
    return 'retry-after';
  },

  async deadline_that_passes(api) {
    // The last request may still be counted: then this one is refused, since it could not be done in time.
    let code = grpc.status.RESOURCE_EXHAUSTED;
    for (let tries = 0; tries < 100 && code === grpc.status.RESOURCE_EXHAUSTED; tries++) {
      code = await api.call('Generate', { labels: ['star'], count: 2 * MANY }, { seconds: 0.1 })
        .then(() => grpc.status.OK, (error) => error.code);
    }
    checkEqual(grpc.status[code], 'DEADLINE_EXCEEDED');
    return grpc.status[code];
  },

  async call_that_is_cancelled(api) {
    const request = { labels: ['star'], count: MANY };
    const options = { seconds: Infinity, started: (call) => call.cancel() };
    const { code } = await refusal(() => api.call('Generate', request, options), grpc.status.CANCELLED);
    await cases.list_models(api);
    return grpc.status[code];
  },

  async stream_that_is_cancelled(api) {
    for (const wanted of ['queued', 'scale_done', 'image']) {
      const stream = api.stream('GenerateStream', { labels: ['star'], count: MANY }, { seconds: Infinity });
      await refusal(() => new Promise((resolve, reject) => {
        stream.on('data', ({ event }) => event === wanted && stream.cancel()).on('end', resolve).on('error', reject);
      }), grpc.status.CANCELLED);
    }
    await cases.list_models(api);
    return 'CANCELLED';
  },

  async oversized_request(api) {
    const request = { request: STAR, image: { data: Buffer.alloc(LARGEST_REQUEST + 1) } };
    const { code } = await refusal(() => api.call('Edit', request), grpc.status.RESOURCE_EXHAUSTED);
    await cases.list_models(api);
    return grpc.status[code];
  },

  async oversized_response(api) {
    const narrow = api.connect('Generation', { 'grpc.max_receive_message_length': 1024 });
    try {
      const { code } = await refusal(
        () => api.call('Generate', { ...STAR, format: 'IMAGE_FORMAT_RGB' }, { client: narrow }),
        grpc.status.RESOURCE_EXHAUSTED);
      await refusal(() => api.call('Generate', {}, { client: narrow }), grpc.status.INVALID_ARGUMENT);
      return grpc.status[code];
    } finally {
      narrow.close();
    }
  },
};

module.exports = { cases, GENERATION, HEALTH };
