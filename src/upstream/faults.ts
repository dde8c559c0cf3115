/** What went wrong between us and an upstream, told in our own words. */
import { Failure, type FailureCode } from '../errors.js';

const CODES: Readonly<Record<string, FailureCode>> = {
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ETIMEDOUT: 'reset',
  ECONNABORTED: 'reset',
  ENETUNREACH: 'reset',
  EHOSTUNREACH: 'reset',
  UND_ERR_HEADERS_OVERFLOW: 'headers',
  UND_ERR_CLOSED: 'draining',
  UND_ERR_DESTROYED: 'draining',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'bad_framing',
  // What the library takes for impossible, an upstream has sent all the same.
  ERR_ASSERTION: 'protocol',
};

/** The library tells these cases apart by their words only; unknown words fall to the safe side. */
const SOCKET_WORDS: Readonly<Record<string, FailureCode>> = {
  // A 100 that nobody asked for.
  'bad response': 'informational',
  // A 101 that nobody asked for.
  'bad upgrade': 'protocol',
};
const PARSER_WORDS: readonly (readonly [RegExp, FailureCode])[] = [
  [/Content-Length|Transfer-Encoding/, 'protocol'],
  [/\((Invalid status code|Invalid response status)\)/, 'status'],
  [/header/, 'headers'],
];

/** A word of a thrown thing; errors of Node's own core may come from another realm. */
function wordOf(thrown: unknown, name: 'code' | 'message' | 'name'): string {
  if (typeof thrown !== 'object' || thrown === null || !(name in thrown)) return '';
  const word: unknown = (thrown as Readonly<Record<string, unknown>>)[name];
  return typeof word === 'string' ? word : '';
}

function codeOf(thrown: unknown): FailureCode {
  const code = wordOf(thrown, 'code');
  const message = wordOf(thrown, 'message');
  if (code === 'UND_ERR_SOCKET') return SOCKET_WORDS[message] ?? 'reset';
  if (wordOf(thrown, 'name') === 'HTTPParserError') {
    return PARSER_WORDS.find(([words]) => words.test(message))?.[1] ?? 'protocol';
  }
  const known = CODES[code];
  if (known !== undefined) return known;
  return /^(ERR_SSL_|UND_ERR_RES_)/.test(code) ? 'protocol' : 'internal';
}

export function failureOf(thrown: unknown, headArrived: boolean): Failure {
  if (thrown instanceof Failure) return thrown;
  // After the head whatever ends the answer early has cut it.
  return new Failure(headArrived ? 'truncated' : codeOf(thrown), { cause: thrown });
}
