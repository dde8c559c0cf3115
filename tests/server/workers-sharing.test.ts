/** What a worker knows of the order that all workers share, while it is finding its place in it. */
import { describe, expect, it } from '@jest/globals';
import type { Invalidations } from '../../src/cache/invalidate.js';
import type { Rooms } from '../../src/cache/rooms.js';
import type { Act, Reach } from '../../src/cache/spread.js';
import { openCaller, openInside } from '../../src/server/workers/inside.js';
import { openSharing } from '../../src/server/workers/sharing.js';
import { systemClock } from '../../src/clock.js';
import { keptLog } from '../fakes/kept-log.js';

const order = { type: 'all', selectors: [], mode: 'delete' } as const;
const act: Act = { kind: 'order', order };
const journal = 'one';

function scene() {
  let epoch = 1;
  const { log } = keptLog();
  const purge = (): void => {
    epoch += 1;
  };
  const rooms = { log, purges: { epoch: () => epoch } } as unknown as Rooms;
  const invalidations = {
    heed: purge,
    invalidate() {
      purge();
      return { id: 'a', matched: 1, epoch, spreading: undefined };
    },
  } as unknown as Invalidations;
  const answers: ((reach: Reach) => void)[] = [];
  const sharing = openSharing(
    { worker: 1, journal, placesMax: 100 },
    { rooms, invalidations, ask: () => new Promise((resolve) => answers.push(resolve)) },
  );
  return { sharing, purge };
}

const from = (seq: number, worker?: number) => ({
  ...{ seq, from: worker, nth: 1, act, spreads: false },
});

describe('a worker that joins the others', () => {
  it('takes no answer for younger than a purge that came along with its place', () => {
    const { sharing } = scene();
    // Both lay on the line at once: what was told is carried out before the answer is looked at.
    sharing.carryOut(from(6));
    sharing.join(5);
    expect(sharing.epochAt({ journal, seq: 5 })).toBe(1);
    expect(sharing.epochAt({ journal, seq: 6 })).toBe(2);
    expect(sharing.mark()).toEqual({ journal, seq: 6 });
  });

  it('takes nothing from others while a change of its own is on its way to them', () => {
    const { sharing, purge } = scene();
    sharing.join(0);
    purge();
    sharing.spread.tell(act, 1);
    // Whoever did this has not heard of ours, though it comes later here.
    sharing.carryOut(from(1, 2));
    expect(sharing.epochAt({ journal, seq: 1 })).toBeUndefined();
    sharing.carryOut(from(2, 1));
    expect(sharing.epochAt({ journal, seq: 1 })).toBe(1);
    expect(sharing.epochAt({ journal, seq: 2 })).toBe(3);
  });
});

describe('the door inside', () => {
  const options = { token: 'the one of this run', connectionsMax: 10 };
  const caller = () => openCaller({ ...options, bytesMax: 1000, socketsMax: 10 }, systemClock);
  const ask = (door: string, headers = {}) => ({ door, method: 'GET', path: '/', headers });

  it('tells whoever stands in its place nothing that opens another one', async () => {
    const { log } = keptLog();
    let told: unknown;
    const stranger = await openInside(
      options,
      (req, res) => {
        told = req.headers['leyden-inside'];
        res.end();
      },
      log,
    );
    const other = await openInside(options, (_req, res) => res.end('secret'), log);
    const calls = caller();
    expect((await calls.ask(ask(stranger.path), 10_000)).status).toBe(200);
    expect(String(told)).not.toContain(options.token);
    const thief = openCaller({ token: String(told), bytesMax: 1000, socketsMax: 10 }, systemClock);
    expect((await thief.ask(ask(other.path), 10_000)).status).toBe(401);
    expect((await calls.ask(ask(other.path), 10_000)).body.toString()).toBe('secret');
    await Promise.all([stranger.close(), other.close()]);
  });

  it('keeps nobody waiting for a process that is stopped', async () => {
    const { log } = keptLog();
    const stopped = await openInside(options, () => undefined, log);
    const signal = new AbortController().signal;
    await expect(caller().open(ask(stopped.path), signal, 50)).rejects.toThrow('in time');
    await stopped.close();
  });
});
