/** Ways to share Redis among many callers: what a read costs, and how many fit in a second. */
import { createPool } from 'generic-pool';
import { Redis } from 'ioredis';
import { systemClock } from '../src/clock.js';
import { usualPool, type RedisPoolOptions } from '../src/redis/options.js';
import { openRedisPool, type RedisPool } from '../src/redis/pool.js';
import { median, table } from './table.js';
import { silentLog } from './silent-log.js';

const CALLERS = 64;
const READS = 100_000;
const ROUNDS = 7;
const BYTES = 300;

interface Way {
  readonly name: string;
  read(): Promise<unknown>;
  close(): Promise<unknown>;
}

export function poolTo(port: number, numbers: Partial<RedisPoolOptions> = {}): RedisPool {
  const target = { kind: 'single', host: '127.0.0.1', port, db: 0 } as const;
  const open = { username: undefined, password: undefined, tls: undefined };
  return openRedisPool(
    { ...usualPool, ...numbers, target: { ...target, ...open } },
    { clock: systemClock, log: silentLog, random: Math.random },
  );
}

const client = (port: number): Redis => new Redis({ port, host: '127.0.0.1', protocol: 2 });

function ways(port: number, key: string): Way[] {
  const lanes = (count: number): Way => {
    const pool = poolTo(port, { lanes: count, readMs: 5000 });
    return {
      name: count === 1 ? 'one lane of the pool' : `${count} lanes of the pool`,
      read: () => pool.call('read', 'get', [key]),
      close: () => pool.close(),
    };
  };
  const exclusive = (max: number): Way => {
    const create = (): Promise<Redis> => Promise.resolve(client(port));
    const pool = createPool(
      { create, destroy: (one) => one.quit().then(() => undefined) },
      { max },
    );
    return {
      name: `generic-pool of ${max}, one caller each`,
      read: () => pool.use((one) => one.getBuffer(key)),
      close: () => pool.drain().then(() => pool.clear()),
    };
  };
  const one = client(port);
  const bare: Way = {
    name: 'one connection of ioredis',
    read: () => one.getBuffer(key),
    close: () => one.quit(),
  };
  return [bare, lanes(1), lanes(4), exclusive(10), exclusive(100)];
}

interface Taken {
  readonly us: number[];
  readonly perSecond: number[];
}

async function round(way: Way, reads: number): Promise<[us: number, perSecond: number]> {
  let left = reads;
  const caller = async (): Promise<void> => {
    for (; left > 0; left -= 1) await way.read();
  };
  const before = process.cpuUsage();
  const beganMs = performance.now();
  await Promise.all(Array.from({ length: CALLERS }, caller));
  const tookMs = performance.now() - beganMs;
  const { user, system } = process.cpuUsage(before);
  return [(user + system) / reads, (reads * 1000) / tookMs];
}

export async function redisWays(port: number): Promise<string> {
  const key = 'frame';
  const writer = client(port);
  await writer.set(key, Buffer.alloc(BYTES, 'x'));
  await writer.quit();
  const all = ways(port, key);
  const taken = new Map<Way, Taken>(all.map((way) => [way, { us: [], perSecond: [] }]));
  for (const way of all) await round(way, READS / 10);
  for (let nth = 0; nth < ROUNDS; nth += 1) {
    for (const way of nth % 2 === 0 ? all : all.toReversed()) {
      const [us, perSecond] = await round(way, READS);
      taken.get(way)?.us.push(us);
      taken.get(way)?.perSecond.push(perSecond);
    }
  }
  await Promise.all(all.map((way) => way.close()));
  const lane = [...taken.values()][2]?.us ?? [];
  const rows = [...taken].map(([{ name }, { us, perSecond }]) => [
    name,
    median(us).toFixed(1),
    median(us.map((value, at) => value / (lane[at] ?? value))).toFixed(2),
    Math.round(median(perSecond)).toLocaleString('en'),
  ]);
  return (
    `A read of ${BYTES} B, ${CALLERS} callers, ` +
    `${ROUNDS} rounds × ${READS.toLocaleString('en')} reads\n\n` +
    table(['way', 'µs CPU a read', '× four lanes', 'reads a second'], rows)
  );
}
