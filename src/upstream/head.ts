/** The head of an upstream's answer: what is taken, what is refused, and where the body ends. */
import { Failure } from '../errors.js';
import type { RawHeaders } from '../message.js';
import { answerFields, areSendable, eachField } from './hop.js';

export type Head =
  | { readonly kind: 'refused'; readonly failure: Failure }
  | {
      readonly kind: 'taken';
      readonly headers: string[];
      /** False when only the end of the connection ends the body: a cut looks like an end. */
      readonly framed: boolean;
      /** True when no byte of a body follows. */
      readonly bodiless: boolean;
    };

/** Two different values leave open which one the upstream meant, so neither is passed on. */
const SINGLETONS: ReadonlySet<string> = new Set([
  'content-length',
  'content-range',
  'content-type',
  'etag',
  'location',
]);

function contradicts(headers: RawHeaders): boolean {
  const seen = new Map<string, string>();
  let contradiction = false;
  eachField(headers, (name, value) => {
    if (!SINGLETONS.has(name)) return;
    if ((seen.get(name) ?? value) !== value) contradiction = true;
    seen.set(name, value);
  });
  return contradiction;
}

function valuesOf(headers: RawHeaders, wanted: string): string[] {
  const values: string[] = [];
  eachField(headers, (name, value) => {
    if (name === wanted) values.push(value.trim().toLowerCase());
  });
  return values;
}

/** Why an interim answer ends the exchange, or undefined when it may go on. */
export function interimRefusal(status: number, nth: number, nthMax: number): Failure | undefined {
  // Nobody asked for another protocol (RFC 9110 section 15.2.2).
  if (status === 101) return new Failure('protocol');
  return nth > nthMax ? new Failure('informational') : undefined;
}

const refused = (failure: Failure): Head => ({ kind: 'refused', failure });

export function readHead(
  method: string,
  status: number,
  headers: RawHeaders,
  fieldsMax: number,
): Head {
  if (status < 200 || status > 599) return refused(new Failure('status'));
  if (headers.length > fieldsMax * 2) return refused(new Failure('headers'));
  if (!areSendable(headers) || contradicts(headers)) return refused(new Failure('headers'));
  const codings = valuesOf(headers, 'transfer-encoding');
  const length = valuesOf(headers, 'content-length')[0];
  // Both at once is how answers are smuggled (RFC 9112 section 6.3), and a coding beneath
  // `chunked` would be lost with the field that names it.
  if (codings.length > 0 && (length !== undefined || codings.join(',') !== 'chunked')) {
    return refused(new Failure('protocol'));
  }
  const never = method === 'HEAD' || status === 204 || status === 304;
  return {
    kind: 'taken',
    headers: answerFields(headers, status),
    framed: never || length !== undefined || codings.length > 0,
    bodiless: never || length === '0',
  };
}

/** The raw fields as the parser hands them over, byte for byte as Latin-1. */
export function decodeFields(raw: unknown): string[] {
  if (!Array.isArray(raw)) return [];
  return raw.map((part: unknown) => (Buffer.isBuffer(part) ? part.toString('latin1') : ''));
}
