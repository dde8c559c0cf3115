/** A node whose server is a replica: it knows of purges only while the replica hears its master. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RedisFailure } from '../../src/redis/failure.js';
import { linkIn, openLinkQuestion } from '../../src/redis/link.js';
import { startRedis, type RedisServer } from '../servers/redis.js';
import { askRedis } from '../servers/redis-ask.js';
import { until } from '../fakes/waiting.js';
import { fleetAt, tagsOf, type FleetNode } from './fleet-kit.js';
import { closePools, poolAt } from './kit.js';

/** Nobody listens there. */
const NOBODY = '1';

describe('a node at a replica', () => {
  let master: RedisServer;
  let replica: RedisServer;
  let one: FleetNode;
  let two: FleetNode;

  beforeEach(async () => {
    const configuration = ['repl-diskless-sync-delay 0'];
    master = await startRedis({ persistence: 'none', configuration });
    replica = await startRedis({
      persistence: 'none',
      configuration: [...configuration, `replicaof 127.0.0.1 ${master.port}`],
    });
    one = await fleetAt(poolAt(master.port));
    two = await fleetAt(poolAt(replica.port));
  });
  afterEach(async () => {
    await Promise.all([one, two].map(({ fleet }) => fleet.close()));
    await closePools();
    await Promise.all([master, replica].map((server) => server.stop()));
  });

  const follow = (port: string): Promise<unknown> =>
    askRedis(replica.port, ['replicaof', '127.0.0.1', port]);
  const isInStep = ({ fleet }: FleetNode): boolean => fleet.stats().inStep;
  const reasons = (): unknown[] =>
    two.lines
      .filter(({ event }) => event.startsWith('redis_replica_'))
      .map(({ event, reason }) => reason ?? event);

  it('is out of step while the link is down, and hears of purges when it is back', async () => {
    one.purge('a');
    await until(() => tagsOf(two).includes('a') && isInStep(two));
    await follow(NOBODY);
    await until(() => !isInStep(two));
    one.purge('b');
    await until(() => one.fleet.stats().outbox.waiting === 0);
    // Asked once more on purpose, as a caller's miss would.
    await two.fleet.catchUp?.(5_000);
    expect([isInStep(one), isInStep(two), two.fleet.mark()]).toEqual([true, false, undefined]);
    expect(tagsOf(two)).toEqual(['a']);
    expect(reasons()).toEqual(['link_down']);
    await follow(master.port.toString());
    await until(() => tagsOf(two).includes('b') && isInStep(two));
    expect(reasons()).toEqual(['link_down', 'redis_replica_heard']);
  });

  it('is out of step when nothing comes over a link that seems to be up', async () => {
    await until(() => isInStep(two));
    master.signal('SIGSTOP');
    await until(() => reasons().includes('link_quiet') && !isInStep(two));
    master.signal('SIGCONT');
    await until(() => isInStep(two));
  });
});

describe('what a server says of its link', () => {
  const replica = (...lines: string[]): Buffer =>
    Buffer.from(['# Replication', 'role:slave', ...lines, ''].join('\r\n'));
  const up = (seconds: number): Buffer =>
    replica('master_link_status:up', `master_last_io_seconds_ago:${seconds}`);

  it.each([
    ['a master has none', Buffer.from('role:master\r\n'), 'whole'],
    ['it is up', up(0), 'whole'],
    ['it may be no older than the bound', up(2), 'whole'],
    ['it is surely older', up(3), 'link_quiet'],
    [
      'it is down',
      replica('master_link_status:down', 'master_last_io_seconds_ago:-1'),
      'link_down',
    ],
    ['it does not say how old', replica('master_link_status:up'), 'link_unknown'],
    ['it says nothing', null, 'link_unknown'],
  ])('%s', (_what, info, link) => {
    expect(linkIn(info, 1000)).toBe(link);
  });
});

describe('asking a server for its link', () => {
  it('asks only where nothing can be written, and seldom where it may not ask', () => {
    let isWritable = true;
    const question = openLinkQuestion({ writable: () => isWritable }, 1000);
    expect(question.next()).toBe('whole');
    isWritable = false;
    expect(question.next()).toBe('ask');
    expect(question.read(new RedisFailure('auth'))).toBe('link_unknown');
    const next = Array.from({ length: 100 }, () => question.next());
    expect(next).toEqual([...Array.from({ length: 99 }, () => 'unknown'), 'ask']);
    expect(question.read(Buffer.from('role:master'))).toBe('whole');
    expect(question.next()).toBe('ask');
    expect(() => question.read(new RedisFailure('timeout'))).toThrow(RedisFailure);
  });
});
