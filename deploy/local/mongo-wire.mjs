import { connect } from 'node:net';

// Just enough of MongoDB's wire protocol (OP_MSG) and BSON to set up a replica set before node_modules exists.
// https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/ and https://bsonspec.org/spec.html

const OP_MSG = 2013;
const HEADER_BYTES = 16;

/** @param {string} text */
const cstring = (text) => Buffer.from(`${text}\0`);

/** @param {number} value */
function int32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

/** @param {unknown} value @returns {[number, Buffer]} type and bytes */
function encodeValue(value) {
  if (typeof value === 'string') {
    const text = cstring(value);
    return [0x02, Buffer.concat([int32(text.length), text])];
  }
  if (typeof value === 'boolean') return [0x08, Buffer.from([value ? 1 : 0])];
  if (typeof value === 'bigint') {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return [0x12, bytes];
  }
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 31) return [0x10, int32(value)];
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    return [0x01, bytes];
  }
  if (value instanceof ObjectId) return [0x07, value.bytes];
  if (Array.isArray(value)) return [0x04, encode(Object.fromEntries(value.entries()))];
  if (value !== null && typeof value === 'object') return [0x03, encode(/** @type {Record<string, unknown>} */ (value))];
  throw new TypeError(`BSON of ${String(value)} is not written here`);
}

/** Twelve bytes that are only passed on. */
class ObjectId {
  /** @param {Buffer} bytes */
  constructor(bytes) {
    this.bytes = bytes;
  }
}

/** @param {Record<string, unknown>} document */
function encode(document) {
  const elements = Object.entries(document)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      const [type, bytes] = encodeValue(value);
      return Buffer.concat([Buffer.from([type]), cstring(key), bytes]);
    });
  const body = Buffer.concat(elements);
  return Buffer.concat([int32(body.length + 5), body, Buffer.from([0])]);
}

/** Lengths of the types whose value is not looked at. */
const FIXED_BYTES = new Map([
  [0x06, 0],
  [0x0a, 0],
  [0x13, 16],
  [0xff, 0],
  [0x7f, 0],
]);

/** @param {Buffer} bytes @param {number} at @param {number} type @returns {[unknown, number]} value and where the next element starts */
function decodeValue(bytes, at, type) {
  const fixed = FIXED_BYTES.get(type);
  if (fixed !== undefined) return [null, at + fixed];
  switch (type) {
    case 0x01:
      return [bytes.readDoubleLE(at), at + 8];
    case 0x02:
    case 0x0d:
    case 0x0e: {
      const end = at + 4 + bytes.readInt32LE(at);
      return [bytes.toString('utf8', at + 4, end - 1), end];
    }
    case 0x03:
    case 0x04: {
      const end = at + bytes.readInt32LE(at);
      const document = decode(bytes.subarray(at, end));
      return [type === 0x04 ? Object.values(document) : document, end];
    }
    case 0x05:
      return [null, at + 5 + bytes.readInt32LE(at)];
    case 0x07:
      return [new ObjectId(Buffer.from(bytes.subarray(at, at + 12))), at + 12];
    case 0x08:
      return [bytes[at] === 1, at + 1];
    case 0x10:
      return [bytes.readInt32LE(at), at + 4];
    case 0x09:
    case 0x11:
    case 0x12:
      return [bytes.readBigInt64LE(at), at + 8];
    default:
      throw new TypeError(`BSON type ${type} is not read here`);
  }
}

/** @param {Buffer} bytes @returns {Record<string, any>} */
function decode(bytes) {
  /** @type {Record<string, unknown>} */
  const document = {};
  let at = 4;
  while (bytes[at] !== 0) {
    const type = /** @type {number} */ (bytes[at]);
    const keyEnd = bytes.indexOf(0, at + 1);
    const key = bytes.toString('utf8', at + 1, keyEnd);
    [document[key], at] = decodeValue(bytes, keyEnd + 1, type);
  }
  return document;
}

/** @param {Record<string, unknown>} command */
function message(command) {
  const body = Buffer.concat([int32(0), Buffer.from([0]), encode(command)]);
  return Buffer.concat([int32(HEADER_BYTES + body.length), int32(1), int32(0), int32(OP_MSG), body]);
}

/**
 * Sends one command to a server on this machine, over a connection of its own.
 * @param {number} port
 * @param {Record<string, unknown>} command its first key is the command's name; `$db`: database, default `admin`
 * @param {number} [timeoutMs]
 * @returns {Promise<Record<string, any>>} the answer, whether `ok` is 1 or 0
 * @throws Error when the server does not answer
 */
export function adminCommand(port, command, timeoutMs = 5_000) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(message({ ...command, $db: command['$db'] ?? 'admin' })));
    let received = Buffer.alloc(0);
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`No answer from 127.0.0.1:${port} within ${timeoutMs} ms.`)));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4 || received.length < received.readInt32LE(0)) return;
      resolve(decode(received.subarray(HEADER_BYTES + 5, received.readInt32LE(0))));
      socket.end();
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`127.0.0.1:${port} closed the connection.`)));
  });
}
