'use strict';

const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const protoRoot = path.resolve(__dirname, '../../../protos');
const definition = protoLoader.loadSync('grpc/testing/test.proto', {
  includeDirs: [protoRoot],
  keepCase: false,
  longs: Number,
  defaults: true,
});

module.exports = grpc.loadPackageDefinition(definition).grpc.testing;
