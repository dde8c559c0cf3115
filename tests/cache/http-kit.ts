/** A house with one `cache: http` route, and what a client sees of each outcome in it. */
import { Readable } from 'node:stream';
import { expect } from '@jest/globals';
import { formOf } from '../../src/cache/form.js';
import { present } from '../../src/cache/present.js';
import { serve } from '../../src/cache/serve.js';
import { httpDate } from '../../src/clock.js';
import type { GatewayRequest, Outcome, RawHeaders } from '../../src/message.js';
import { allValues, firstValue } from '../../src/policy/headers.js';
import type { RouteOptions } from '../../src/policy/rules.js';
import { openHouse, requestOf, routeOf, type Asked, type House } from '../fakes/rooms.js';
import type { Answer } from '../fakes/scripted-upstream.js';
import { textOf } from '../fakes/waiting.js';

export const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'QUERY'];

export function httpHouse(more: Partial<RouteOptions> = {}): House {
  return openHouse({ routes: [routeOf('/**', { cache: 'http', methods: METHODS, ...more })] });
}

/** Answers with these fields for ever, each time with the next number as content. */
export function saying(headers: RawHeaders, more: Partial<RouteOptions> = {}): House {
  const house = httpHouse(more);
  house.upstream.always((_request, nth) => ({ headers, body: `answer ${nth}` }));
  return house;
}

/** Answers with one after the other; the last one for ever. */
export function inTurn(house: House, answers: readonly Answer[]): void {
  const before = house.upstream.calls.length;
  house.upstream.always((_request, nth) => answers[nth - before] ?? answers.at(-1) ?? {});
}

export interface Wanted extends Asked {
  readonly content?: string;
  readonly peer?: string;
}

export interface Seen {
  readonly kind: Outcome['kind'];
  readonly outcome: Outcome;
  readonly status: number;
  readonly headers: RawHeaders;
  readonly words: string;
}

export function requestFor(path: string, { content, peer, ...asked }: Wanted): GatewayRequest {
  const request = requestOf(path, asked);
  const body = content === undefined ? undefined : Readable.from([Buffer.from(content)]);
  return { ...request, body, ...(peer === undefined ? {} : { peer }) };
}

/** What the client sees: status, fields and content as they would go out. */
export async function see(house: House, path: string, wanted: Wanted = {}): Promise<Seen> {
  const request = requestFor(path, wanted);
  const outcome = await serve(house.rooms, request);
  const { kind } = outcome;
  if (!('reply' in outcome)) {
    const status = kind === 'failed' ? outcome.failure.status : 404;
    return { kind, outcome, status, headers: [], words: kind };
  }
  const form = formOf(outcome, request, house.clock.wallMs());
  const { status, headers, body } = present(outcome, form, request.id);
  return { kind, outcome, status, headers, words: await textOf(body) };
}

/** What became of the same request, again and again. */
export async function kinds(
  house: House,
  path: string,
  ...wanted: readonly Wanted[]
): Promise<string> {
  const seen = [];
  for (const one of wanted) seen.push((await see(house, path, one)).kind);
  return seen.join(' ');
}

export const valueOf = (seen: Seen, name: string) => firstValue(seen.headers, name);
export const valuesOf = (seen: Seen, name: string) => allValues(seen.headers, name);

export const cc = (value: string): RawHeaders => ['Cache-Control', value];
export const asking = (value: string): Wanted => ({ headers: cc(value) });
export const as = (token: string, ...more: string[]): Wanted => ({
  headers: ['Authorization', token, ...more],
});

/** A date so many seconds from now, as the origin would write it. */
export function at(house: House, seconds: number): string {
  return httpDate(house.clock.wallMs() + seconds * 1000);
}

export function sent(house: House, nth: number): RawHeaders {
  const call = house.upstream.calls[nth];
  expect(call).toBeDefined();
  return call?.request.headers ?? [];
}

export function calls(house: House): number {
  return house.upstream.calls.length;
}
