/** `Prefer: respond-async`: whoever would not wait is told where the answer will be (RFC 7240). */
import type { Answers, Place } from '../src/cache/answers.js';
import type { Rooms } from '../src/cache/rooms.js';
import type { Timer } from '../src/clock.js';
import { asFailure, describeThrown } from '../src/errors.js';
import type { BoardedFlight, GatewayRequest, Later, Outcome } from '../src/message.js';
import { combinedValue, hasField, withField, withoutFields } from '../src/policy/headers.js';
import { keyedMethod, targetOf } from '../src/policy/key.js';
import { preferencesOf } from '../src/policy/prefer.js';
import { locationOf } from './answers.js';

/** How long a caller would wait, on a route where that can be heeded. */
export interface Patience {
  readonly route: string;
  readonly waitMs: number;
  /** The wait that we heed, as Preference-Applied says it; undefined when none was named. */
  readonly wait: string | undefined;
}

export interface Preferring {
  readonly request: GatewayRequest;
  /** Undefined: the caller waits until the answer is there. */
  readonly patience: Patience | undefined;
}

const SECOND_MS = 1000;
const PREFER: ReadonlySet<string> = new Set(['prefer']);

/**
 * Takes Prefer off a request that a cache rule may answer: there it is ours, and neither keyed nor
 * sent on. Past the cache it goes through, for it may be meant for the origin.
 */
export function preferring(
  { rules, plans }: Pick<Rooms, 'rules' | 'plans'>,
  request: GatewayRequest,
  waitMaxMs: number,
): Preferring {
  if (!hasField(request.headers, 'prefer')) return { request, patience: undefined };
  const match = rules.match(request.method, request.path);
  const route = match.kind === 'route' ? match.route : undefined;
  if (route === undefined || !plans.has(route) || keyedMethod(route, request) === undefined) {
    return { request, patience: undefined };
  }
  const { respondAsync, waitS } = preferencesOf(request.headers);
  const plain = { ...request, headers: withoutFields(request.headers, PREFER) };
  if (!respondAsync) return { request: plain, patience: undefined };
  const waitMs = Math.min((waitS ?? 0) * SECOND_MS, waitMaxMs);
  const wait = waitS === undefined ? undefined : `wait=${Math.floor(waitMs / SECOND_MS)}`;
  return { request: plain, patience: { route: route.pattern, waitMs, wait } };
}

/** One request that is being answered. */
export interface Run {
  readonly request: GatewayRequest;
  readonly patience: Patience;
  readonly startedMs: number;
  /** From here on the one who asked may leave, and the computation goes on. */
  readonly handOff: () => void;
  readonly serve: (request: GatewayRequest) => Promise<Outcome>;
}

export type Raced =
  | { readonly kind: 'later'; readonly later: Later }
  /** `isInTime` is false when the patience ended and no place was left. */
  | { readonly kind: 'now'; readonly outcome: Outcome; readonly isInTime: boolean };

type Tools = Pick<Rooms, 'clock' | 'log' | 'tallies'>;

/** What a caller was told, and the place that was opened for the answer. */
interface Told {
  readonly later: Later;
  readonly place: Place;
}

/** Undefined when the caller has gone, or when there is no place. */
function promised(
  tools: Tools,
  answers: Answers,
  { request, patience, handOff }: Run,
  flight: () => BoardedFlight,
): Told | undefined {
  if (request.gone.aborted) return undefined;
  const { host, partition, method, path, query } = request;
  const place = answers.open({ host, partition, method, target: targetOf(path, query), flight });
  if (place === undefined) return undefined;
  handOff();
  const { route } = patience;
  tools.tallies.of(route).later += 1;
  const location = locationOf(place.name);
  return { later: { kind: 'later', route, location, flight: flight() }, place };
}

/** What the computation brings goes to the place where it was promised. */
async function bring({ log }: Tools, { later, place }: Told, answered: Promise<Outcome>) {
  try {
    await place.settle(await answered);
  } catch (thrown) {
    const { route } = later;
    log.error('answer_failed', { route, ...describeThrown(thrown) });
    await place.settle({ kind: 'failed', route, bypass: undefined, failure: asFailure(thrown) });
  }
}

/** The answer, or word of it when the caller's patience ends first. */
export function orLater(tools: Tools, answers: Answers, run: Run): Promise<Raced> {
  const { clock } = tools;
  const wait: { timer?: Timer; flight?: BoardedFlight; isOver?: true } = {};
  return new Promise<Raced>((resolve, reject) => {
    const boarded = (flight: BoardedFlight): void => {
      wait.flight = flight;
      // What is found in the cache needs no patience: it ends only for who waits to be computed.
      const leftMs = run.startedMs + run.patience.waitMs - clock.nowMs();
      wait.timer ??= clock.after(Math.max(0, leftMs), () => {
        wait.isOver = true;
        const told = promised(tools, answers, run, () => wait.flight ?? flight);
        if (told === undefined) return;
        resolve({ kind: 'later', later: told.later });
        void bring(tools, told, answered);
      });
    };
    const answered = run.serve({ ...run.request, boarded });
    answered
      .then((outcome) => {
        resolve({ kind: 'now', outcome, isInTime: wait.isOver !== true });
      }, reject)
      .finally(() => wait.timer?.cancel())
      .catch(() => undefined);
  });
}

/** A cache in front of us must not give a caller who would wait what another was told. */
export function withPreference(headers: string[], patience: Patience, isInTime: boolean): string[] {
  const said = combinedValue(headers, 'vary');
  const isSaid = said?.split(',').some((name) => /^\s*(?:prefer|\*)\s*$/i.test(name)) === true;
  const vary = said === undefined ? 'Prefer' : `${said}, Prefer`;
  const varied = isSaid ? headers : [...withField(headers, 'Vary', vary)];
  // RFC 7240 section 3: what was heeded is named; an answer that came in time was not asynchronous.
  if (isInTime && patience.wait !== undefined) varied.push('Preference-Applied', patience.wait);
  return varied;
}
