/** The lending desk: what the library may do when no connection can be opened. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../src/clock.js';
import type { Connection } from '../../src/redis/connection.js';
import { RedisFailure, type FailureKind } from '../../src/redis/failure.js';
import { openLending, type Lending, type LendingOptions } from '../../src/redis/lending.js';
import { turnedClock } from '../fakes/hand-clock.js';
import { settle, until } from '../fakes/waiting.js';
import { startRedis, type RedisServer } from '../servers/redis.js';
import { closePools, connectionTo, outcome, poolAt, untilWhole } from './kit.js';

let redis: RedisServer;
const desks: Lending[] = [];
beforeAll(async () => {
  redis = await startRedis({ persistence: 'none' });
});
afterAll(() => redis.stop());
afterEach(async () => {
  await Promise.all(desks.splice(0).map((desk) => desk.close()));
  await closePools();
});

function deskOf(
  open: () => Promise<Connection>,
  more: Partial<LendingOptions> = {},
  clock = systemClock,
): Lending {
  const options: LendingOptions = {
    ...{ max: 2, idleMin: 0, waitMs: 20_000, waitersMax: 10, idleMs: 60_000, lifetimeMs: 60_000 },
    ...{ freshMs: 0, pingMs: 5000, openMs: 200, hopeless: () => undefined },
    ...more,
  };
  const desk = openLending(options, open, clock);
  desks.push(desk);
  return desk;
}

const refuse = (kind: FailureKind) => () => Promise.reject(new RedisFailure(kind));

describe('connections that cannot be opened', () => {
  it('do not hang the process when the refusal comes at once', async () => {
    let tries = 0;
    const desk = deskOf(() => {
      tries += 1;
      return refuse('refused')();
    });
    // Timers fire while callers wait; without the pause after a failure they never would again.
    const said = await Promise.all([outcome(desk.lend()), outcome(desk.lend())]);
    expect(said).toEqual(['refused', 'refused']);
    const fired = await new Promise((resolve) =>
      systemClock.after(100, () => {
        resolve('fired');
      }),
    );
    expect(fired).toBe('fired');
    expect(tries).toBeLessThan(30);
  });

  it('are told at once where it is known why', async () => {
    const desk = deskOf(refuse('refused'), { hopeless: () => 'dns' });
    expect(await outcome(desk.lend())).toBe('dns');
    expect(desk.stats()).toMatchObject({ waiting: 0, exhaustions: 0, served: 0 });
  });

  it('end the wait of a caller by its limit when they never open', async () => {
    const desk = deskOf(() => new Promise(() => undefined), { waitMs: 100 });
    expect(await outcome(desk.lend())).toBe('exhausted');
    expect(desk.stats()).toMatchObject({ waiting: 0, exhaustions: 1 });
  });
});

describe('connections that are kept', () => {
  it('are asked before they are lent, and what has died is replaced', async () => {
    const opened: Connection[] = [];
    const desk = deskOf(async () => {
      const connection = await connectionTo(redis.port);
      opened.push(connection);
      return connection;
    });
    const first = await desk.lend();
    desk.giveBack(first, true);
    first.end('reset');
    const second = await desk.lend();
    expect(second).not.toBe(first);
    await second.ping(5000);
    desk.giveBack(second, true);
    expect(opened).toHaveLength(2);
    expect(desk.stats().open).toBe(1);
  });

  it('are replaced when they are too old', async () => {
    const clock = turnedClock();
    const open = (): Promise<Connection> => connectionTo(redis.port, clock);
    const desk = deskOf(open, { lifetimeMs: 30_000 }, clock);
    const first = await desk.lend();
    desk.giveBack(first, true);
    clock.turn(31_000);
    const second = await desk.lend();
    expect(second).not.toBe(first);
    expect(first.isOpen).toBe(false);
    desk.giveBack(second, true);
  });

  it('are closed when they have been idle for long, but for those to be kept', async () => {
    const open = (): Promise<Connection> => connectionTo(redis.port);
    const desk = deskOf(open, { max: 4, idleMin: 1, idleMs: 20, waitMs: 5000 });
    const held = await Promise.all([desk.lend(), desk.lend(), desk.lend()]);
    for (const connection of held) desk.giveBack(connection, true);
    await until(() => desk.stats().open === 1);
    await settle();
    expect(desk.stats().open).toBe(1);
  });
});

describe('a pool that looks after itself', () => {
  it('opens as many as are to be kept, asks them, and notes when', async () => {
    const pool = poolAt(redis.port, { min: 5, lanes: 2, healthMs: 20 });
    await until(() => pool.stats().open === 5);
    const checked = (): number => pool.stats().lastHealthCheckWallMs ?? 0;
    const first = checked();
    await until(() => checked() > first);
    expect(pool.stats()).toMatchObject({ inUse: 0, waiting: 0, commands: 0, errors: 0 });
  });

  it('renews its lanes one at a time, and no command notices', async () => {
    const pool = poolAt(redis.port, { lanes: 2, healthMs: 10, lifetimeMs: 40, max: 3 });
    await untilWhole(pool);
    const ids = new Set<unknown>();
    let least = 2;
    while (ids.size < 6) {
      for (const id of await Promise.all([1, 2].map(() => pool.call('read', 'client', ['id'])))) {
        ids.add(id);
      }
      least = Math.min(least, pool.stats().lanesOpen);
      await settle(1);
    }
    expect(least).toBe(2);
    expect(pool.stats()).toMatchObject({ errors: 0, exhaustions: 0 });
  });
});
