'use strict';

// Serves grpc.testing.TestService with grpc-js, as the interoperability test descriptions ask a server to.

const { parseArgs } = require('node:util');
const { setTimeout: sleep } = require('node:timers/promises');
const grpc = require('@grpc/grpc-js');
const { TestService } = require('./contract.js');

const UNSEEN_REQUEST_FLAG =
  'a grpc-js server decompresses requests but shows a handler neither the compressed flag nor grpc-encoding, ' +
  'so expect_compressed goes unchecked';
const NO_RESPONSE_COMPRESSION =
  'a grpc-js server cannot compress responses: it writes the compressed flag as 0 always';

// The cases whose server half this library cannot do, and why.
const LACKING = {
  client_compressed_unary: UNSEEN_REQUEST_FLAG,
  client_compressed_streaming: UNSEEN_REQUEST_FLAG,
  server_compressed_unary: NO_RESPONSE_COMPRESSION,
  server_compressed_streaming: NO_RESPONSE_COMPRESSION,
};

const ECHO_INITIAL = 'x-grpc-test-echo-initial';
const ECHO_TRAILING = 'x-grpc-test-echo-trailing-bin';
const COMPRESSABLE = 0;

/** Sends the initial metadata to echo, if any, and returns the trailing metadata to echo. */
function echoMetadata(call) {
  const initial = new grpc.Metadata();
  call.metadata.get(ECHO_INITIAL).forEach((value) => initial.add(ECHO_INITIAL, value));
  if (initial.get(ECHO_INITIAL).length > 0) {
    call.sendMetadata(initial);
  }
  const trailing = new grpc.Metadata();
  call.metadata.get(ECHO_TRAILING).forEach((value) => trailing.add(ECHO_TRAILING, value));
  return trailing;
}

/** What the request asks the call to fail with, or undefined. */
function failureOf(request, metadata) {
  const status = request.responseStatus;
  if (status && status.code !== grpc.status.OK) {
    return { code: status.code, details: status.message, metadata };
  }
  if (request.responseType !== COMPRESSABLE) {
    const details = `payload type ${request.responseType} is not supported`;
    return { code: grpc.status.INVALID_ARGUMENT, details, metadata };
  }
  return undefined;
}

function payload(size) {
  return { type: COMPRESSABLE, body: Buffer.alloc(size) };
}

async function respond(call, request) {
  for (const { size, intervalUs } of request.responseParameters) {
    if (intervalUs > 0) {
      await sleep(intervalUs / 1000);
    }
    call.write({ payload: payload(size) });
  }
}

function emptyCall(call, callback) {
  callback(null, {}, echoMetadata(call));
}

function unaryCall(call, callback) {
  const trailing = echoMetadata(call);
  const failure = failureOf(call.request, trailing);
  if (failure) {
    callback(failure);
  } else {
    callback(null, { payload: payload(call.request.responseSize) }, trailing);
  }
}

function streamingInputCall(call, callback) {
  const trailing = echoMetadata(call);
  let aggregatedPayloadSize = 0;
  call.on('data', (request) => {
    aggregatedPayloadSize += request.payload ? request.payload.body.length : 0;
  });
  call.on('end', () => callback(null, { aggregatedPayloadSize }, trailing));
}

async function streamingOutputCall(call) {
  const trailing = echoMetadata(call);
  const failure = failureOf(call.request, trailing);
  if (failure) {
    call.emit('error', failure);
    return;
  }
  await respond(call, call.request);
  call.end(trailing);
}

function fullDuplexCall(call) {
  const trailing = echoMetadata(call);
  let failed = false;
  // One request after the other, as answering one can take time.
  let answered = Promise.resolve();
  const next = (step) => {
    answered = answered.then(() => (failed ? undefined : step()));
  };
  call.on('data', (request) =>
    next(() => {
      const failure = failureOf(request, trailing);
      if (failure) {
        failed = true;
        call.emit('error', failure);
        return undefined;
      }
      return respond(call, request);
    }),
  );
  call.on('end', () => next(() => call.end(trailing)));
}

function serve(port) {
  const server = new grpc.Server();
  server.addService(TestService.service, {
    emptyCall,
    unaryCall,
    streamingInputCall,
    streamingOutputCall,
    fullDuplexCall,
  });
  server.bindAsync(`127.0.0.1:${port}`, grpc.ServerCredentials.createInsecure(), (error, boundPort) => {
    if (error) {
      throw error;
    }
    console.log(`listening on ${boundPort}`);
  });
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.on(signal, () => {
      server.forceShutdown();
      process.exit(0);
    });
  }
}

const { values: options } = parseArgs({
  options: { port: { type: 'string', default: '0' }, lacking: { type: 'boolean', default: false } },
});
if (options.lacking) {
  console.log(JSON.stringify(LACKING));
} else {
  serve(Number(options.port));
}
