/** The fields of a frame that only an answer under `cache: http` has. */
import type { ResponseDirectives } from '../policy/cache-control.js';
import type { HttpPart } from './entry.js';
import { fromOptional, Malformed, needed, optional, textsOf } from './frame-bytes.js';
import type { ByteWriter, Fields } from './frame-bytes.js';

/** Beside the tags of `frame-fields.ts`, which end below 16. */
const TAG = {
  http: 16,
  numbers: 17,
  names: 18,
  values: 19,
  search: 20,
  private: 21,
  noCache: 22,
  said: 23,
} as const;

const FLAGS = [
  'unparsable',
  'noStore',
  'private',
  'noCache',
  'public',
  'mustRevalidate',
  'proxyRevalidate',
  'mustUnderstand',
  'noTransform',
  'immutable',
] as const satisfies readonly (keyof ResponseDirectives)[];

function flagsOf(directives: ResponseDirectives): number {
  return FLAGS.reduce((bits, name, n) => (directives[name] ? bits | (1 << n) : bits), 0);
}

export function writeHttp(writer: ByteWriter, http: HttpPart): void {
  const { base, language, directives, search, said } = http;
  const { maxAgeS, sMaxageS, staleWhileRevalidateS, staleIfErrorS } = directives;
  const seconds = [maxAgeS, sMaxageS, staleWhileRevalidateS, staleIfErrorS];
  writer.textField(TAG.http, [base, optional(language), optional(directives.source)]);
  const numbers = [http.lifetimeMs, flagsOf(directives), ...seconds.map((one) => one ?? NaN)];
  writer.numberField(TAG.numbers, numbers);
  writer.textField(TAG.names, http.names);
  writer.textField(TAG.values, http.values.map(optional));
  if (search !== undefined) {
    writer.textField(TAG.search, [search.order ? 'order' : '', search.kind, ...search.names]);
  }
  if (directives.privateFields.length > 0) writer.textField(TAG.private, directives.privateFields);
  if (directives.noCacheFields.length > 0) writer.textField(TAG.noCache, directives.noCacheFields);
  if (said !== undefined) writer.textField(TAG.said, said);
}

function directivesOf(
  fields: Fields,
  source: string | undefined,
  bits: number,
  seconds: readonly number[],
): ResponseDirectives {
  const flags = Object.fromEntries(FLAGS.map((name, n) => [name, (bits & (1 << n)) !== 0]));
  const [maxAgeS, sMaxageS, staleWhileRevalidateS, staleIfErrorS] = [0, 1, 2, 3].map((n) => {
    const value = seconds[n];
    return value === undefined || Number.isNaN(value) ? undefined : value;
  });
  return {
    ...(flags as Record<(typeof FLAGS)[number], boolean>),
    ...{ source, maxAgeS, sMaxageS, staleWhileRevalidateS, staleIfErrorS },
    privateFields: textsOf(fields, TAG.private),
    noCacheFields: textsOf(fields, TAG.noCache),
  };
}

export function httpOf(fields: Fields): HttpPart | undefined {
  const texts = fields.get(TAG.http)?.texts();
  if (texts === undefined) return undefined;
  const [base = '', language, source] = texts;
  const [lifetimeMs = NaN, bits = 0, ...seconds] = needed(fields, TAG.numbers).numbers();
  if (base === '' || !Number.isFinite(lifetimeMs)) throw new Malformed('no base or lifetime');
  const names = textsOf(fields, TAG.names);
  const values = textsOf(fields, TAG.values).map(fromOptional);
  if (names.length !== values.length) throw new Malformed('names without values');
  const [order, kind, ...searchNames] = textsOf(fields, TAG.search);
  const said = fields.get(TAG.said)?.texts();
  return {
    ...{ base, names, values, lifetimeMs, language: fromOptional(language) },
    search:
      kind === 'params' || kind === 'except'
        ? { order: order === 'order', kind, names: searchNames }
        : undefined,
    directives: directivesOf(fields, fromOptional(source), bits, seconds),
    ...(said === undefined ? {} : { said }),
  };
}
