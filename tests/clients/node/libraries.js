'use strict';

// The libraries that examples/install has brought for the example client.

const { createRequire } = require('node:module');
const path = require('node:path');

const fromExample = createRequire(path.resolve(__dirname, '../../../examples/node/package.json'));

module.exports = { grpc: fromExample('@grpc/grpc-js'), protoLoader: fromExample('@grpc/proto-loader') };
