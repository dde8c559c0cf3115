/** What goes wrong between the nodes of a fleet and their Redis, and at Redis itself. */
import type { Fault } from '../servers/faults.js';
import { disorderReplies, disorders } from '../servers/replies.js';
import type { OwnerNode, OwnerScene } from './owner-kit.js';

export interface Trouble {
  readonly name: string;
  readonly begin: (scene: OwnerScene) => Promise<unknown> | undefined;
  readonly end: (scene: OwnerScene) => Promise<unknown> | undefined;
}

/** A signed answer on its way from Redis. */
const isFrame = (reply: string): boolean => reply.startsWith('$') && reply.includes('\r\nLYDN');

/** One, or some, or all of the nodes. */
function some(scene: OwnerScene): readonly OwnerNode[] {
  const first = Math.floor(scene.random() * scene.nodes.length);
  const others = scene.random();
  return scene.nodes.filter((_node, nth) => nth === first || scene.random() < others);
}

function onTheWire(
  name: string,
  faultFor: (random: () => number) => Fault,
  kills = false,
): Trouble {
  return {
    name,
    begin(scene) {
      for (const { proxy } of some(scene)) {
        proxy.set(faultFor(scene.random));
        // What befalls new connections only.
        if (kills) proxy.kill();
      }
      return undefined;
    },
    end(scene) {
      for (const { proxy } of scene.nodes) proxy.set({ kind: 'pass' });
      return undefined;
    },
  };
}

const wrongBits = onTheWire('wrong bits', () => ({ kind: 'corrupt', probability: 0.2 }));

function lying(isWireLying: boolean): Trouble['begin'] {
  return (scene) => {
    scene.isWireLying = isWireLying;
    return isWireLying ? wrongBits.begin(scene) : wrongBits.end(scene);
  };
}

function atTheServer(
  name: string,
  begin: (scene: OwnerScene) => Promise<unknown> | undefined,
  end: Trouble['end'] = () => undefined,
): Trouble {
  return { name, begin, end };
}

/** A few values come to lie under the key of another; each costs whoever meets it a connection. */
const MOVE =
  "local keys = redis.call('keys', '*:entry') " +
  'for at = 2, math.min(#keys, 10) do ' +
  "redis.call('copy', keys[at - 1], keys[at], 'replace') end";
/** One byte of each value is another one, somewhere. */
const TAMPER =
  "math.randomseed(ARGV[1]) for _, key in ipairs(redis.call('keys', '*:entry')) do " +
  "local at = math.random(0, redis.call('strlen', key) - 1) " +
  "local byte = string.byte(redis.call('getrange', key, at, at)) " +
  "redis.call('setrange', key, at, string.char((byte + math.random(1, 255)) % 256)) end";

export const troubles: readonly Trouble[] = [
  onTheWire('a little late', () => ({ kind: 'latency', delayMs: 5, jitterMs: 10 })),
  onTheWire('too late', () => ({ kind: 'latency', delayMs: 600, jitterMs: 300 })),
  onTheWire('in slices', () => ({ kind: 'slice', sizeBytes: 400, pauseMs: 1 })),
  onTheWire('a hole', () => ({ kind: 'blackhole' })),
  onTheWire('a hole to the server', () => ({ kind: 'blackhole-up' })),
  onTheWire('a hole to the client', () => ({ kind: 'blackhole-down' })),
  onTheWire('cut and reset', (random) => ({
    kind: 'limit-rst',
    bytes: Math.ceil(random() * 9000),
  })),
  onTheWire('cut and ended', (random) => ({
    kind: 'limit-fin',
    bytes: Math.ceil(random() * 9000),
  })),
  { ...wrongBits, begin: lying(true), end: lying(false) },
  onTheWire('everything twice', () => ({ kind: 'dup' })),
  onTheWire('reset at the door', () => ({ kind: 'rst-on-accept' }), true),
  onTheWire(
    'another at the door',
    () => ({ kind: 'banner', data: 'HTTP/1.1 408 No\r\n\r\n' }),
    true,
  ),
  ...disorders.map((disorder) =>
    onTheWire(`${disorder} replies`, (random) => ({
      kind: 'rewrite',
      rewrite: disorderReplies(disorder, isFrame, () => random() < 0.1),
    })),
  ),
  {
    name: 'down',
    begin: (scene) => Promise.all(some(scene).map(({ proxy }) => proxy.down())),
    end: (scene) => Promise.all(scene.nodes.map(({ proxy }) => proxy.up())),
  },
  atTheServer('moved values', ({ redisCall }) => redisCall('eval', MOVE, '0')),
  atTheServer('tampered values', ({ redisCall, random }) =>
    redisCall('eval', TAMPER, '0', String(Math.floor(random() * 1e6))),
  ),
  atTheServer('everything gone', ({ redisCall }) => redisCall('flushall')),
  atTheServer(
    'full',
    ({ redisCall }) => redisCall('config', 'set', 'maxmemory', '1'),
    ({ redisCall }) => redisCall('config', 'set', 'maxmemory', '0'),
  ),
  atTheServer(
    'asleep',
    ({ redis }) => {
      redis.signal('SIGSTOP');
      return undefined;
    },
    ({ redis }) => {
      redis.signal('SIGCONT');
      return undefined;
    },
  ),
  atTheServer(
    'dead',
    ({ redis }) => redis.kill(),
    ({ redis }) => redis.restart(),
  ),
];

/** In an order that the dice decide. */
export function shuffled<T>(all: readonly T[], random: () => number): T[] {
  return all
    .map((one) => ({ one, at: random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ one }) => one);
}
