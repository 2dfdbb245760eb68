'use strict';

// Runs the interoperability test cases with grpc-js against a server of grpc.testing.TestService.

const assert = require('node:assert/strict');
const { setTimeout: sleep } = require('node:timers/promises');
const { parseArgs, promisify } = require('node:util');
const grpc = require('@grpc/grpc-js');
const { TestService, UnimplementedService } = require('./contract.js');

const CASE_TIMEOUT_MS = 20_000;
const HEADERS_SENT_AFTER_MS = 100;
const LARGE_REQUEST = 271828;
const LARGE_RESPONSE = 314159;
const REQUEST_SIZES = [27182, 8, 1828, 45904];
const RESPONSE_SIZES = [31415, 9, 2653, 58979];
const INITIAL_KEY = 'x-grpc-test-echo-initial';
const INITIAL_VALUE = 'test_initial_metadata_value';
const TRAILING_KEY = 'x-grpc-test-echo-trailing-bin';
const TRAILING_VALUE = Buffer.from([0xab, 0xab, 0xab]);
const SPECIAL_MESSAGE = '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n';
const GZIP = { 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip };
// WriteFlags.NoCompress, which the library declares but does not export.
const NO_COMPRESS = 2;
const FLAG_UNSEEN = "the library does not show the responses' compressed flags; decompression and sizes were checked";

/** One case: its connections and the time left to it. */
class Run {
  constructor(target) {
    this.target = target;
    this.deadline = Date.now() + CASE_TIMEOUT_MS;
    this.clients = [];
    this.client = this.open();
  }

  open(channelOptions = {}, Client = TestService) {
    const client = new Client(this.target, grpc.credentials.createInsecure(), channelOptions);
    this.clients.push(client);
    return client;
  }

  /** For cases that are over so soon that otherwise nothing would have been sent. */
  async connect() {
    await promisify(this.client.waitForReady).call(this.client, this.deadline);
  }

  close() {
    this.clients.forEach((client) => client.close());
  }

  get options() {
    return { deadline: this.deadline };
  }

  /** Resolves to how the call ended, whether well or not. */
  unary(method, request, { client = this.client, metadata = new grpc.Metadata() } = {}) {
    return new Promise((resolve) => {
      let response;
      const call = client[method](request, metadata, this.options, (error, message) => {
        response = message;
      });
      finished(call).then((end) => resolve({ ...end, responses: response ? [response] : [] }));
    });
  }

  async input(start, { client = this.client } = {}) {
    let response;
    const call = client.streamingInputCall(new grpc.Metadata(), this.options, (error, message) => {
      response = message;
    });
    start(call);
    return { ...(await finished(call)), response };
  }

  output(request) {
    return finished(this.client.streamingOutputCall(request, new grpc.Metadata(), this.options));
  }

  duplex(start, { metadata = new grpc.Metadata(), options = this.options, onResponse } = {}) {
    const call = this.client.fullDuplexCall(metadata, options);
    start(call);
    return finished(call, onResponse);
  }
}

function sendAll(requests) {
  return (call) => {
    requests.forEach((request) => call.write(request));
    call.end();
  };
}

/** Resolves to the call's status, metadata and responses, whether it ended well or not. */
function finished(call, onResponse = () => {}) {
  return new Promise((resolve) => {
    const responses = [];
    let initial = new grpc.Metadata();
    call.on('metadata', (metadata) => {
      initial = metadata;
    });
    call.on('data', (response) => {
      responses.push(response);
      onResponse(call, responses.length);
    });
    // The status says it too.
    call.on('error', () => {});
    // A response can still be on its way through the stream when the status comes.
    call.on('status', (status) => setImmediate(() => resolve({ status, initial, responses })));
  });
}

function expectStatus({ status }, code, message) {
  const { code: actual, details } = status;
  assert.ok(
    actual === code,
    `the status is ${grpc.status[actual] ?? actual} instead of ${grpc.status[code]}: ${JSON.stringify(details)}`,
  );
  if (message !== undefined) {
    assert.ok(
      details === message,
      `the status message is ${JSON.stringify(details)} instead of ${JSON.stringify(message)}`,
    );
  }
}

function expectOk(end) {
  expectStatus(end, grpc.status.OK);
}

function expectPayloads({ responses }, sizes) {
  // A response without a payload has null there.
  const bodies = responses.map((response) => response.payload?.body ?? Buffer.alloc(0));
  const actual = JSON.stringify(bodies.map((body) => body.length));
  assert.ok(actual === JSON.stringify(sizes), `the payload sizes are ${actual} instead of ${JSON.stringify(sizes)}`);
  assert.ok(
    bodies.every((body) => body.every((byte) => byte === 0)),
    'a payload has a byte other than zero',
  );
}

function payload(size) {
  return { body: Buffer.alloc(size) };
}

function largeRequest(fields = {}) {
  return { responseSize: LARGE_RESPONSE, payload: payload(LARGE_REQUEST), ...fields };
}

function outputRequest(requestSize, responseSize) {
  return { payload: payload(requestSize), responseParameters: [{ size: responseSize }] };
}

const CASES = {
  async empty_unary(run) {
    const end = await run.unary('emptyCall', {});
    expectOk(end);
    assert.equal(end.responses.length, 1);
  },

  async large_unary(run) {
    const end = await run.unary('unaryCall', largeRequest());
    expectOk(end);
    expectPayloads(end, [LARGE_RESPONSE]);
  },

  async client_compressed_unary(run) {
    const expecting = largeRequest({ expectCompressed: { value: true } });
    expectStatus(await run.unary('unaryCall', expecting), grpc.status.INVALID_ARGUMENT);

    const compressed = await run.unary('unaryCall', expecting, { client: run.open(GZIP) });
    expectOk(compressed);
    expectPayloads(compressed, [LARGE_RESPONSE]);

    const uncompressed = await run.unary('unaryCall', largeRequest({ expectCompressed: { value: false } }));
    expectOk(uncompressed);
    expectPayloads(uncompressed, [LARGE_RESPONSE]);
  },

  async server_compressed_unary(run) {
    for (const value of [true, false]) {
      const end = await run.unary('unaryCall', largeRequest({ responseCompressed: { value } }));
      expectOk(end);
      expectPayloads(end, [LARGE_RESPONSE]);
    }
    return FLAG_UNSEEN;
  },

  async client_streaming(run) {
    const end = await run.input(sendAll(REQUEST_SIZES.map((size) => ({ payload: payload(size) }))));
    expectOk(end);
    assert.equal(end.response.aggregatedPayloadSize, 74922);
  },

  async client_compressed_streaming(run) {
    const compressed = { payload: payload(27182), expectCompressed: { value: true } };
    const uncompressed = { payload: payload(45904), expectCompressed: { value: false } };
    expectStatus(await run.input(sendAll([compressed])), grpc.status.INVALID_ARGUMENT);

    const send = (call) => {
      call.write(compressed);
      // The library reads the flags from where a stream has the encoding.
      call.write(uncompressed, NO_COMPRESS);
      call.end();
    };
    const end = await run.input(send, { client: run.open(GZIP) });
    expectOk(end);
    assert.equal(end.response.aggregatedPayloadSize, 73086);
  },

  async server_streaming(run) {
    const end = await run.output({ responseParameters: RESPONSE_SIZES.map((size) => ({ size })) });
    expectOk(end);
    expectPayloads(end, RESPONSE_SIZES);
  },

  async server_compressed_streaming(run) {
    const end = await run.output({
      responseParameters: [
        { size: 31415, compressed: { value: true } },
        { size: 92653, compressed: { value: false } },
      ],
    });
    expectOk(end);
    expectPayloads(end, [31415, 92653]);
    return FLAG_UNSEEN;
  },

  async ping_pong(run) {
    const send = (call, index) => call.write(outputRequest(REQUEST_SIZES[index], RESPONSE_SIZES[index]));
    const end = await run.duplex((call) => send(call, 0), {
      onResponse: (call, count) => (count < REQUEST_SIZES.length ? send(call, count) : call.end()),
    });
    expectOk(end);
    expectPayloads(end, RESPONSE_SIZES);
  },

  async empty_stream(run) {
    const end = await run.duplex((call) => call.end());
    expectOk(end);
    expectPayloads(end, []);
  },

  async cancel_after_begin(run) {
    await run.connect();
    const end = await run.input((call) => sleep(HEADERS_SENT_AFTER_MS).then(() => call.cancel()));
    expectStatus(end, grpc.status.CANCELLED);
  },

  async cancel_after_first_response(run) {
    const end = await run.duplex((call) => call.write(outputRequest(REQUEST_SIZES[0], RESPONSE_SIZES[0])), {
      onResponse: (call) => call.cancel(),
    });
    expectStatus(end, grpc.status.CANCELLED);
    expectPayloads(end, [RESPONSE_SIZES[0]]);
  },

  async timeout_on_sleeping_server(run) {
    await run.connect();
    const end = await run.duplex((call) => call.write({ payload: payload(REQUEST_SIZES[0]) }), {
      options: { deadline: Date.now() + 1 },
    });
    expectStatus(end, grpc.status.DEADLINE_EXCEEDED);
    expectPayloads(end, []);
  },

  async custom_metadata(run) {
    const metadata = new grpc.Metadata();
    metadata.set(INITIAL_KEY, INITIAL_VALUE);
    metadata.set(TRAILING_KEY, TRAILING_VALUE);
    const expectEcho = (end) => {
      expectOk(end);
      expectPayloads(end, [LARGE_RESPONSE]);
      assert.deepEqual(end.initial.get(INITIAL_KEY), [INITIAL_VALUE]);
      assert.deepEqual(end.status.metadata.get(TRAILING_KEY), [TRAILING_VALUE]);
    };
    expectEcho(await run.unary('unaryCall', largeRequest(), { metadata }));
    expectEcho(await run.duplex(sendAll([outputRequest(LARGE_REQUEST, LARGE_RESPONSE)]), { metadata }));
  },

  async status_code_and_message(run) {
    const responseStatus = { code: 2, message: 'test status message' };
    for (const end of [
      await run.unary('unaryCall', { responseStatus }),
      await run.duplex(sendAll([{ responseStatus }])),
    ]) {
      expectStatus(end, grpc.status.UNKNOWN, responseStatus.message);
    }
  },

  async special_status_message(run) {
    const responseStatus = { code: 2, message: SPECIAL_MESSAGE };
    expectStatus(await run.unary('unaryCall', { responseStatus }), grpc.status.UNKNOWN, SPECIAL_MESSAGE);
  },

  async unimplemented_method(run) {
    expectStatus(await run.unary('unimplementedCall', {}), grpc.status.UNIMPLEMENTED);
  },

  async unimplemented_service(run) {
    const client = run.open({}, UnimplementedService);
    expectStatus(await run.unary('unimplementedCall', {}, { client }), grpc.status.UNIMPLEMENTED);
  },
};

async function runCase(name, target) {
  const run = new Run(target);
  try {
    return { case: name, result: 'passed', detail: (await CASES[name](run)) ?? '' };
  } catch (error) {
    return { case: name, result: 'failed', detail: `${error.name}: ${error.message}` };
  } finally {
    run.close();
  }
}

async function main() {
  const { values: options } = parseArgs({ options: { port: { type: 'string' }, case: { type: 'string' } } });
  const names = options.case === undefined ? Object.keys(CASES) : [options.case];
  if (options.port === undefined || !names.every((name) => name in CASES)) {
    console.error(`usage: client.js --port PORT [--case ${Object.keys(CASES).join('|')}]`);
    process.exitCode = 2;
    return;
  }
  for (const name of names) {
    const outcome = await runCase(name, `127.0.0.1:${options.port}`);
    if (outcome.result === 'failed') {
      process.exitCode = 1;
    }
    console.log(JSON.stringify(outcome));
  }
}

main();
