/** What a caller waits for Redis that takes everything and answers nothing. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisPool } from '../src/redis/pool.js';
import { RedisFailure } from '../src/redis/failure.js';
import { poolTo } from './redis-ways.js';
import { table } from './table.js';

const EPISODES = 10;
const HOLE_MS = 3000;
const EVERY_MS = 2;
const CALLS = 4;

interface Hole {
  readonly port: number;
  set(isOpen: boolean): void;
  close(): void;
}

/** Hands bytes on, or swallows them. */
async function openHole(to: number): Promise<Hole> {
  let swallows = false;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    for (const [from, other] of [[near, far] as const, [far, near] as const]) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on('data', (bytes: Buffer) => swallows || other.write(bytes));
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        other.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    set(isOpen) {
      swallows = isOpen;
      // A stream with a gap in it is no longer what Redis said.
      if (!isOpen) for (const socket of sockets) socket.destroy();
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

type Waits = Map<string, number[]>;

function ask(pool: RedisPool, waits: Waits): Promise<void> {
  const isOpen = pool.stats().breakers.read !== 'closed';
  const began = performance.now();
  const note = (what: string): void => {
    const list = waits.get(what) ?? [];
    list.push(performance.now() - began);
    waits.set(what, list);
  };
  return pool.call('read', 'get', ['frame']).then(
    () => {
      note('answered');
    },
    (thrown: unknown) => {
      const code = thrown instanceof RedisFailure ? thrown.code : 'other';
      if (code === 'breaker_open') note('breaker open');
      // With the breaker half open there is no connection to ask on: that call is told at once.
      else note(isOpen ? 'no connection' : 'breaker closed');
    },
  );
}

async function untilHealthy(pool: RedisPool): Promise<void> {
  for (;;) {
    const { status, breakers } = pool.stats();
    if (status === 'healthy' && breakers.read === 'closed') return;
    await pool.call('read', 'get', ['frame']).catch(() => undefined);
    await sleep(20);
  }
}

const at = (sorted: readonly number[], share: number): string =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(2);

export async function redisBlackhole(port: number): Promise<string> {
  const hole = await openHole(port);
  const pool = poolTo(hole.port);
  const waits: Waits = new Map();
  await pool.tried();
  for (let episode = 0; episode < EPISODES; episode += 1) {
    await untilHealthy(pool);
    const asked: Promise<void>[] = [];
    hole.set(true);
    for (let passedMs = 0; passedMs < HOLE_MS; passedMs += EVERY_MS) {
      for (let call = 0; call < CALLS; call += 1) asked.push(ask(pool, waits));
      await sleep(EVERY_MS);
    }
    await Promise.all(asked);
    hole.set(false);
  }
  await pool.close();
  hole.close();
  const rows = [...waits].map(([what, list]) => {
    const sorted = list.toSorted((a, b) => a - b);
    return [what, sorted.length, at(sorted, 0.5), at(sorted, 0.99), at(sorted, 1)];
  });
  return (
    `Redis swallows everything: ${EPISODES} times for ${HOLE_MS / 1000} s, ` +
    `${(CALLS * 1000) / EVERY_MS} calls a second at most, a deadline of 50 ms\n\n` +
    table(['a call meets', 'calls', 'p50 ms', 'p99 ms', 'most ms'], rows)
  );
}
