/** The query fields that an energy endpoint takes, checked before anything is computed. */
import { Failure } from '../errors.js';
import type { Parameters } from './job.js';

export interface ParameterLimits {
  readonly agentsMax: number;
  readonly limitMax: number;
}

export interface ParameterDefaults {
  readonly agents: number;
  readonly seed: number;
  readonly limit: number;
}

export interface ParsedParameters {
  readonly parameters: Parameters;
  /** Whether the caller named a state of their own. */
  readonly named: boolean;
}

export const AGENTS_MIN = 2;
export const SEED_MAX = 2 ** 32 - 1;
const QUERY_CHARS_MAX = 256;
const names = ['agents', 'seed', 'limit', 'offset'] as const;
type Name = (typeof names)[number];

function isName(name: string): name is Name {
  return (names as readonly string[]).includes(name);
}

function bad(detail: string): Failure {
  return new Failure('bad_request', { detail });
}

function wholeNumber(name: Name, text: string, min: number, max: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= max)) {
    throw bad(`The query field "${name}" must be a whole number from ${min} to ${max}.`);
  }
  return value;
}

export function parseParameters(
  query: string | undefined,
  defaults: ParameterDefaults,
  limits: ParameterLimits,
): ParsedParameters {
  const given = new Map<Name, string>();
  if ((query?.length ?? 0) > QUERY_CHARS_MAX) throw bad('The query is too long.');
  for (const [name, value] of new URLSearchParams(query ?? '')) {
    // What was sent is not repeated in the answer, so the sentence names what would be right.
    if (!isName(name)) throw bad(`The only query fields here are ${names.join(', ')}.`);
    if (given.has(name)) throw bad(`The query field "${name}" may be given once.`);
    given.set(name, value);
  }
  const read = (name: Name, fallback: number, min: number, max: number): number => {
    const text = given.get(name);
    return text === undefined ? fallback : wholeNumber(name, text, min, max);
  };
  return {
    parameters: {
      agents: read('agents', defaults.agents, AGENTS_MIN, limits.agentsMax),
      seed: read('seed', defaults.seed, 0, SEED_MAX),
      limit: read('limit', defaults.limit, 1, limits.limitMax),
      offset: read('offset', 0, 0, limits.agentsMax),
    },
    named: given.has('agents') || given.has('seed'),
  };
}

/** For endpoints that take no query at all. */
export function refuseQuery(query: string | undefined): void {
  if (query !== undefined && query !== '') throw bad('This endpoint takes no query fields.');
}
