/** Reads a value that came from outside, field by field, and names the field that is wrong. */
import { Failure } from '../errors.js';

interface Range {
  readonly min: number;
  readonly max: number;
}

/** The path is made of our own field names and of positions, never of what was sent. */
export function invalid(path: string, sentence: string): Failure {
  return new Failure('unprocessable', { detail: `The field "${path}" ${sentence}.` });
}

export function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw new Failure('bad_request', { detail: 'The body is not valid JSON.', cause });
  }
}

export function readNumber(value: unknown, path: string, range: Range, whole = false): number {
  const fits = typeof value === 'number' && value >= range.min && value <= range.max;
  if (!fits || (whole && !Number.isInteger(value))) {
    const kind = whole ? 'a whole number' : 'a number';
    throw invalid(path, `must be ${kind} from ${range.min} to ${range.max}`);
  }
  return value;
}

export function readList(value: unknown, path: string, range: Range): readonly unknown[] {
  if (!Array.isArray(value) || value.length < range.min || value.length > range.max) {
    const length = range.min === range.max ? `${range.min}` : `${range.min} to ${range.max}`;
    throw invalid(path, `must be a list of ${length} entries`);
  }
  return value;
}

/** Any finite number that a sum of millions of its products still leaves finite. */
export const ANY_NUMBER: Range = { min: -1e6, max: 1e6 };

export function readNumbers(
  value: unknown,
  path: string,
  length: Range,
  range: Range,
): Float64Array {
  const list = readList(value, path, length);
  const out = new Float64Array(list.length);
  for (const [at, one] of list.entries()) out[at] = readNumber(one, `${path}[${at}]`, range);
  return out;
}

/** An object whose fields are all known; what is not asked for is refused. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #path: string;

  constructor(value: unknown, path: string, known: readonly string[]) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw invalid(path, 'must be an object');
    }
    if (Object.keys(value).some((name) => !known.includes(name))) {
      throw invalid(path, `holds a field that is not known here; known are ${known.join(', ')}`);
    }
    this.#values = value as Readonly<Record<string, unknown>>;
    this.#path = path;
  }

  path(name: string): string {
    return this.#path === 'body' ? name : `${this.#path}.${name}`;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#values, name);
  }

  get(name: string): unknown {
    if (!this.has(name)) throw invalid(this.path(name), 'is missing');
    return this.#values[name];
  }

  number(name: string, range: Range, fallback?: number): number {
    if (fallback !== undefined && !this.has(name)) return fallback;
    return readNumber(this.get(name), this.path(name), range);
  }

  whole(name: string, range: Range, fallback?: number): number {
    if (fallback !== undefined && !this.has(name)) return fallback;
    return readNumber(this.get(name), this.path(name), range, true);
  }

  flag(name: string, fallback?: boolean): boolean {
    if (fallback !== undefined && !this.has(name)) return fallback;
    const value = this.get(name);
    if (typeof value !== 'boolean') throw invalid(this.path(name), 'must be true or false');
    return value;
  }

  word<T extends string>(name: string, words: readonly T[], fallback?: T): T {
    if (fallback !== undefined && !this.has(name)) return fallback;
    const value = this.get(name);
    const found = words.find((word) => word === value);
    if (found === undefined) throw invalid(this.path(name), `must be one of ${words.join(', ')}`);
    return found;
  }

  /** A short name of the caller's: letters, digits and a few marks. */
  name(name: string): string {
    return readName(this.get(name), this.path(name));
  }
}

export function readName(value: unknown, path: string): string {
  if (typeof value !== 'string' || !/^[\w.:-]{1,64}$/.test(value)) {
    throw invalid(path, 'must be a name of 1 to 64 letters, digits or . : _ -');
  }
  return value;
}

const SIMPLEX_TOLERANCE = 1e-6;

/** Role probabilities {E, S, O}: none negative, together one. */
export function readRoles(value: unknown, path: string): [number, number, number] {
  const fields = new Fields(value, path, ['E', 'S', 'O']);
  const share = { min: 0, max: 1 };
  const roles: [number, number, number] = [
    fields.number('E', share),
    fields.number('S', share),
    fields.number('O', share),
  ];
  if (Math.abs(roles[0] + roles[1] + roles[2] - 1) > SIMPLEX_TOLERANCE) {
    throw invalid(path, 'must sum to 1');
  }
  return roles;
}
