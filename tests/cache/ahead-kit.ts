/** A house that computes ahead: its clock, an upstream that takes its time, and who asks when. */
import { openAhead, type AheadOptions } from '../../src/cache/ahead.js';
import type { Entry } from '../../src/cache/entry.js';
import { openMemoryStore } from '../../src/cache/memory-store.js';
import type { RouteTally } from '../../src/cache/tally.js';
import type { UpstreamRequest } from '../../src/message.js';
import type { RouteOptions } from '../../src/policy/rules.js';
import { openHouse, type House } from '../fakes/rooms.js';
import { settle } from '../fakes/waiting.js';

export const USUAL: AheadOptions = {
  ...{ watchedMax: 1_000, concurrent: 32, costMinMs: 100, margin: 0.8 },
};

export interface Watched extends House {
  readonly tally: RouteTally;
  /** Lets the time pass; each question is answered when it has taken so long. */
  readonly pass: (ms: number, costMs: number) => Promise<void>;
  /** How long the upstream has worked in all. */
  readonly workedMs: () => number;
  readonly entry: () => Entry | undefined;
}

const STEP_MS = 100;

export function watched(route: RouteOptions, options: Partial<AheadOptions> = {}): Watched {
  const holds: { house?: House } = {};
  const house = openHouse({
    routes: [route],
    // Nobody is ever drawn before the last moment.
    random: () => 0,
    store: (clock) =>
      openMemoryStore(
        {
          ...{ entriesMax: 1_000, bytesMax: 1_000_000 },
          left: (entry) => holds.house?.rooms.ahead?.left(entry),
        },
        clock,
      ),
  });
  holds.house = house;
  const { rooms, clock, upstream } = house;
  rooms.ahead = openAhead(rooms, { ...USUAL, ...options });
  const begunMs: number[] = [];
  const workedMs: number[] = [];
  const { fetch } = rooms;
  Object.assign(rooms, {
    fetch: (request: UpstreamRequest) => {
      begunMs.push(clock.nowMs());
      return fetch(request);
    },
  });
  const answerWhatIsDue = async (costMs: number): Promise<void> => {
    begunMs.forEach((begun, nth) => {
      const passedMs = clock.nowMs() - begun;
      if (passedMs < costMs || workedMs[nth] !== undefined) return;
      workedMs[nth] = passedMs;
      upstream.calls[nth]?.answer({ body: `answer ${nth}` });
    });
    await settle(2);
  };
  return {
    ...house,
    tally: rooms.tallies.of(route.path),
    workedMs: () => workedMs.reduce((sum, one) => sum + one, 0),
    entry: () => rooms.store.entries().next().value,
    async pass(ms, costMs) {
      await answerWhatIsDue(costMs);
      for (let passed = 0; passed < ms; passed += STEP_MS) {
        clock.turn(Math.min(STEP_MS, ms - passed));
        await answerWhatIsDue(costMs);
      }
    },
  };
}

/** The first question of a key, until its answer is stored. */
export async function askFirst({ ask, pass }: Watched, costMs: number): Promise<void> {
  const first = ask('/r');
  await settle();
  await pass(costMs, costMs);
  await first;
}
