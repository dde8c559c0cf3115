/** The gate: refuses what no gateway may accept, and computes once what the next room needs. */
import { METHODS } from 'node:http';
import type { FailureCode } from '../errors.js';
import { FieldScan } from './fields.js';
import { hostJudge, type OwnAddress } from './host.js';
import { BAD_TARGET, NO_QUERY, querySplit } from './target.js';

export interface GateOptions {
  /** The public names, each with or without a port; none means our own (see host.ts). */
  readonly hosts: readonly string[];
  readonly fieldsMax: number;
  /** Fields that say who asks; each may come once and not empty. */
  readonly credentials: readonly string[];
  /** Further fields that a Connection field must not name, such as keyed ones. */
  readonly endToEnd: readonly string[];
  /** Methods answered with 405; TRACE and CONNECT are refused whether they are listed or not. */
  readonly methodsRefused: readonly string[];
}

/** What the gate looks at: raw bytes only, for `headers` has already dropped and joined some. */
export interface GateInput {
  readonly method?: string | undefined;
  readonly httpVersion: string;
  readonly url?: string | undefined;
  readonly rawHeaders: readonly string[];
}

export interface Admitted {
  readonly kind: 'admitted';
  readonly method: string;
  /** Lower case, without port 80; '' where any host is taken, for then it is not keyed. */
  readonly host: string;
  /** The exact bytes that arrived; it begins with one slash. */
  readonly path: string;
  /** What follows the question mark; undefined when there was none. */
  readonly query: string | undefined;
  /** The one Authorization value, never empty; undefined when there was none. */
  readonly authorization: string | undefined;
  readonly hasBody: boolean;
  /** The caller waits for `100 Continue` before it sends its body. */
  readonly expectsContinue: boolean;
  /**
   * It asks for another protocol, which it will not get. Its answer must be the last one of the
   * connection, for Node's parser stops behind it and drops what was sent in the same packet.
   */
  readonly asksUpgrade: boolean;
  /** It carries fields that only insiders may set; the listener takes them away. */
  readonly hasInternalFields: boolean;
}

export interface Refused {
  readonly kind: 'refused';
  readonly code: FailureCode;
}

export type Gate = (request: GateInput) => Admitted | Refused;

const refusals = new Map<FailureCode, Refused>();

function refuse(code: FailureCode): Refused {
  let refusal = refusals.get(code);
  if (refusal === undefined) refusals.set(code, (refusal = { kind: 'refused', code }));
  return refusal;
}

/** Node's parser takes the methods of RTSP too; a gateway for HTTP does not. */
const methodsOfHttp = new Set(METHODS);

function refusedMethods(options: GateOptions): ReadonlySet<string> {
  return new Set(['TRACE', 'CONNECT', ...options.methodsRefused]);
}

/** The value of Allow beside a 405 (RFC 9110 section 15.5.6). */
export function allowValue(options: GateOptions): string {
  const refused = refusedMethods(options);
  const usual = ['GET', 'HEAD', 'QUERY', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
  return usual.filter((method) => !refused.has(method)).join(', ');
}

/** What is wrong with how the body is framed; the parser has caught most of it already. */
function badFraming(fields: FieldScan, httpVersion: string): FailureCode | undefined {
  const { coding, contentLength } = fields;
  if (coding !== undefined) {
    // RFC 9112 section 6.1: in HTTP/1.0, and beside a length, it is an attempt to smuggle.
    if (httpVersion === '1.0' || contentLength !== undefined) return 'bad_framing';
    if (coding === 'chunked' || /^chunked$/i.test(coding)) return undefined;
    // Section 6.3: when chunked is not the last one, nobody can tell where the body ends.
    return /,[ \t]*chunked$/i.test(coding) ? 'coding_unknown' : 'bad_framing';
  }
  if (contentLength !== undefined && !/^[0-9]{1,15}$/.test(contentLength)) {
    return 'bad_framing';
  }
  return undefined;
}

function hasBody(fields: FieldScan): boolean {
  if (fields.coding !== undefined) return true;
  return fields.contentLength !== undefined && Number(fields.contentLength) > 0;
}

export function createGate(options: GateOptions, own: OwnAddress): Gate {
  const judge = hostJudge(options.hosts, own);
  const fields = new FieldScan(options.credentials, options.endToEnd);
  const refused = refusedMethods(options);
  const rawLengthMax = options.fieldsMax * 2;

  return (request) => {
    const { method = '', httpVersion, url = '', rawHeaders } = request;
    if (httpVersion !== '1.1' && httpVersion !== '1.0') {
      return refuse(httpVersion === '0.9' ? 'bad_request' : 'version_refused');
    }
    if (method !== 'GET') {
      if (refused.has(method)) return refuse('method_refused');
      if (!methodsOfHttp.has(method)) return refuse('method_unknown');
    }
    if (rawHeaders.length > rawLengthMax) return refuse('too_many_fields');
    const fault = fields.scan(rawHeaders);
    if (fault !== undefined) return refuse(fault);
    if (fields.host === undefined) return refuse('bad_host');
    const verdict = judge(fields.host);
    if (verdict.kind === 'refused') return refuse(verdict.code);
    const framing = badFraming(fields, httpVersion);
    if (framing !== undefined) return refuse(framing);
    const bodied = hasBody(fields);
    if (bodied && (method === 'GET' || method === 'HEAD')) return refuse('unexpected_body');
    // RFC 9110 section 10.1.1: the value is case-insensitive, and 100-continue is the only one.
    const expect = fields.expect;
    if (expect !== undefined && expect.toLowerCase() !== '100-continue') {
      return refuse('expectation_failed');
    }
    const split = querySplit(url);
    if (split === BAD_TARGET) return refuse('bad_target');
    return {
      kind: 'admitted',
      method,
      host: verdict.host,
      path: split === NO_QUERY ? url : url.slice(0, split),
      query: split === NO_QUERY ? undefined : url.slice(split + 1),
      authorization: fields.authorization,
      hasBody: bodied,
      // An HTTP/1.0 client does not know interim answers; without a body there is nothing to ask.
      expectsContinue: expect !== undefined && bodied && httpVersion === '1.1',
      asksUpgrade: fields.upgrade,
      hasInternalFields: fields.internal,
    };
  };
}
