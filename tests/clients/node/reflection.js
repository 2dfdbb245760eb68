'use strict';

// Asks a server for its contract by reflection, and makes its services callable.

const path = require('node:path');
const { grpc, protoLoader } = require('./libraries.js');

const OPTIONS = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true };
const PROTOCOL = path.resolve(__dirname, '../reflection.proto');

/** The reflection service of a server. */
class Reflection {
  constructor(address) {
    const { ServerReflection } = grpc.loadPackageDefinition(protoLoader.loadSync(PROTOCOL, OPTIONS)).grpc.reflection.v1;
    this.client = new ServerReflection(address, grpc.credentials.createInsecure());
  }

  async services() {
    const answer = await this.ask({ list_services: '*' });
    return answer.list_services_response.service.map(({ name }) => name);
  }

  /** The contract that has these services, as @grpc/grpc-js takes it. */
  async contractOf(...symbols) {
    const files = new Map();
    for (const symbol of symbols) {
      const answer = await this.ask({ file_containing_symbol: symbol });
      for (const file of answer.file_descriptor_response.file_descriptor_proto) {
        files.set(file.toString('base64'), file);
      }
    }
    const set = Buffer.concat([...files.values()].flatMap((file) => [lengthOf(file), file]));
    return grpc.loadPackageDefinition(protoLoader.loadFileDescriptorSetFromBuffer(set, OPTIONS));
  }

  /** The status with which a symbol that is none is answered. */
  async errorOf(symbol) {
    const answer = await this.ask({ file_containing_symbol: symbol });
    return grpc.status[answer.error_response?.error_code];
  }

  close() {
    this.client.close();
  }

  async ask(request) {
    const call = this.client.ServerReflectionInfo();
    call.write(request);
    call.end();
    let answer;
    for await (const each of call) {
      answer = each;
    }
    return answer;
  }
}

/** What stands before a file in a serialized FileDescriptorSet: field 1 and the length in groups of seven bits. */
function lengthOf(file) {
  const bytes = [0x0a];
  let rest = file.length;
  for (; rest > 0x7f; rest >>= 7) {
    bytes.push((rest & 0x7f) | 0x80);
  }
  return Buffer.from([...bytes, rest]);
}

module.exports = { Reflection };
