/** Flights: one computation for all who wait, which belongs to none of them. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Failure } from '../../src/errors.js';
import { openFlights, type Flights } from '../../src/guards/flights.js';
import { handClock } from '../fakes/hand-clock.js';
import { settle } from '../fakes/waiting.js';

const LIMITS = { waitersMax: 5, flightsMax: 3, retryAfterS: 7 };

interface Made {
  readonly abandoned: AbortSignal;
  land(value: string): void;
  crash(failure: Failure): void;
}

/** Starts flights and remembers how to end them. */
function pad() {
  const made: Made[] = [];
  const start = ({ abandoned }: { readonly abandoned: AbortSignal }): Promise<string> =>
    new Promise((land, crash) => made.push({ abandoned, land, crash }));
  return { made, start, alone: () => start({ abandoned: new AbortController().signal }) };
}

const stays = (mayAbandon = false) => ({ gone: new AbortController().signal, mayAbandon });

function leaver(mayAbandon = false) {
  const controller = new AbortController();
  const leave = (): void => {
    controller.abort();
  };
  return { caller: { gone: controller.signal, mayAbandon }, leave };
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (thrown: unknown) => (thrown instanceof Failure ? thrown.code : 'not a Failure'),
  );

const unhandled: unknown[] = [];
const note = (thrown: unknown): void => void unhandled.push(thrown);

describe('a flight', () => {
  let flights: Flights<string>;
  beforeEach(() => {
    unhandled.length = 0;
    process.on('unhandledRejection', note);
    flights = openFlights<string>(LIMITS, handClock());
  });
  afterEach(async () => {
    await settle();
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
    expect(flights.stats()).toMatchObject({ inFlight: 0, waiting: 0 });
  });

  it('is one for all who ask under one key, and each hears the same', async () => {
    const { made, start } = pad();
    const joined = [1, 2, 3].map(() => flights.join('k', start, stays()));
    expect(made).toHaveLength(1);
    expect(joined.map((one) => one.joined)).toEqual([false, true, true]);
    expect(flights.stats()).toEqual({ inFlight: 1, waiting: 3, refused: 0 });
    made[0]?.land('x');
    expect(await Promise.all(joined.map((one) => one.result))).toEqual(['x', 'x', 'x']);
  });

  it('is another one under another key, and after it has landed', async () => {
    const { made, start } = pad();
    const one = flights.join('a', start, stays()).result;
    const other = flights.join('b', start, stays()).result;
    made[0]?.land('1');
    made[1]?.land('2');
    expect([await one, await other]).toEqual(['1', '2']);
    const later = flights.join('a', start, stays());
    made[2]?.land('3');
    expect(later.joined).toBe(false);
    expect(await later.result).toBe('3');
  });

  it('case 5: goes on for the others when the one who started it leaves', async () => {
    const { made, start } = pad();
    const first = leaver();
    const left = codeOf(flights.join('k', start, first.caller).result);
    const other = flights.join('k', start, stays()).result;
    first.leave();
    expect(await left).toBe('abandoned');
    expect(made[0]?.abandoned.aborted).toBe(false);
    made[0]?.land('x');
    expect(await other).toBe('x');
  });

  it('goes on when all have left, and whoever comes then joins it', async () => {
    const { made, start } = pad();
    const only = leaver();
    const left = codeOf(flights.join('k', start, only.caller).result);
    only.leave();
    expect(await left).toBe('abandoned');
    expect(made[0]?.abandoned.aborted).toBe(false);
    const late = flights.join('k', start, stays());
    made[0]?.land('x');
    expect(late.joined).toBe(true);
    expect(await late.result).toBe('x');
  });

  it('is given up when the last one has left and it may be; nobody boards it then', async () => {
    const { made, start } = pad();
    const two = [leaver(true), leaver(true)];
    const left = two.map((one) => codeOf(flights.join('k', start, one.caller).result));
    two[0]?.leave();
    await left[0];
    expect(made[0]?.abandoned.aborted).toBe(false);
    two[1]?.leave();
    await left[1];
    expect(made[0]?.abandoned.aborted).toBe(true);
    const next = flights.join('k', start, stays(true));
    expect(next.joined).toBe(false);
    made[0]?.crash(new Failure('abandoned'));
    made[1]?.land('y');
    expect(await next.result).toBe('y');
  });

  it('that has landed is not given up afterwards: its answer may still stream', async () => {
    const { made, start } = pad();
    const only = flights.join('k', start, stays(true));
    made[0]?.land('x');
    expect(await only.result).toBe('x');
    await settle();
    expect(made[0]?.abandoned.aborted).toBe(false);
  });

  it('that nobody started for himself is not given up by one who joined it', async () => {
    const { made, alone, start } = pad();
    const launched = flights.launch('k', alone);
    const joiner = leaver(true);
    const left = codeOf(flights.join('k', start, joiner.caller).result);
    joiner.leave();
    await left;
    expect(flights.join('k', start, stays()).joined).toBe(true);
    made[0]?.land('x');
    expect(await launched).toBe('x');
  });

  it('that fails tells all who wait at once, and the next one tries again', async () => {
    const { made, start } = pad();
    const codes = [1, 2, 3].map(() => codeOf(flights.join('k', start, stays()).result));
    made[0]?.crash(new Failure('reset'));
    expect(await Promise.all(codes)).toEqual(['reset', 'reset', 'reset']);
    expect(flights.join('k', start, stays()).joined).toBe(false);
    made[1]?.land('x');
  });

  it('that fails with nobody waiting ends quietly', async () => {
    const { made, alone } = pad();
    void flights.launch('k', alone)?.catch(() => undefined);
    expect(flights.launch('k', alone)).toBeUndefined();
    made[0]?.crash(new Failure('reset'));
    await settle();
    const { made: others, start } = pad();
    const only = leaver();
    const left = codeOf(flights.join('k', start, only.caller).result);
    only.leave();
    expect(await left).toBe('abandoned');
    others[0]?.crash(new Failure('reset'));
  });

  it('whoever has gone before asking hears so', async () => {
    const { made, start } = pad();
    const gone = leaver();
    gone.leave();
    expect(await codeOf(flights.join('k', start, gone.caller).result)).toBe('abandoned');
    made[0]?.land('x');
  });

  it('case 90: has so many waiters, and one more is told when to come again', async () => {
    const { made, start } = pad();
    const all = [1, 2, 3, 4, 5].map(() => flights.join('k', start, stays()).result);
    const failure = new Failure('too_many_waiters');
    expect(() => flights.join('k', start, stays())).toThrow(failure);
    expect(flights.stats()).toEqual({ inFlight: 1, waiting: 5, refused: 1 });
    made[0]?.land('x');
    await Promise.all(all);
  });

  it('is one of so many, and one more is told when to come again', async () => {
    const { made, start } = pad();
    const all = ['a', 'b', 'c'].map((key) => flights.join(key, start, stays()).result);
    let thrown: unknown;
    try {
      void flights.join('d', start, stays());
    } catch (failure) {
      thrown = failure;
    }
    expect(thrown).toMatchObject({ code: 'busy', status: 503, retryAfterS: 7 });
    for (const one of made) one.land('x');
    await Promise.all(all);
    expect(flights.stats().refused).toBe(1);
  });
});
