/** What a fault of Node's parser or of its time limits means in our own words. */
import { METHODS } from 'node:http';
import type { FailureCode } from '../errors.js';

/** Faults that have a word of their own; every other fault of the parser is a bad request. */
const codes: Readonly<Record<string, FailureCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
  HPE_HEADER_OVERFLOW: 'too_many_fields',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'bad_framing',
  HPE_INVALID_CHUNK_SIZE: 'bad_framing',
  HPE_INVALID_CONTENT_LENGTH: 'bad_framing',
  HPE_UNEXPECTED_CONTENT_LENGTH: 'bad_framing',
  HPE_INVALID_TRANSFER_ENCODING: 'bad_framing',
  HPE_STRICT: 'bad_request',
  HPE_INVALID_URL: 'bad_target',
};

const wholeRequestLine = /^([A-Z][A-Z-]{1,30}) \/\S* HTTP\/1\.[01]\r\n/;

/** The parser has one fault for a method that it does not know and for what is no HTTP at all. */
function isUnknownMethod(fault: object): boolean {
  const packet: unknown = 'rawPacket' in fault ? fault.rawPacket : undefined;
  if (!Buffer.isBuffer(packet)) return false;
  const method = wholeRequestLine.exec(packet.toString('latin1', 0, 2048))?.[1];
  // A known one here means that the fault stands further behind, in another request.
  return method !== undefined && !METHODS.includes(method);
}

/** Undefined when it is no fault of a request: the connection broke. */
export function failureOf(fault: Error): FailureCode | undefined {
  const code: unknown = 'code' in fault ? fault.code : undefined;
  if (typeof code !== 'string') return undefined;
  if (code === 'HPE_INVALID_METHOD' && isUnknownMethod(fault)) return 'method_unknown';
  return codes[code] ?? (code.startsWith('HPE_') ? 'bad_request' : undefined);
}
