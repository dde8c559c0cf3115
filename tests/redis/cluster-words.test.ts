/** What nodes of a Cluster say, and where the keys of commands stand. */
import { describe, expect, it } from '@jest/globals';
import { readWord } from '../../src/redis/cluster-word.js';
import type { RedisReply } from '../../src/redis/connection.js';
import { failureIn, RedisFailure } from '../../src/redis/failure.js';
import { keyOf, slotOf, splitOf } from '../../src/redis/key-slot.js';

const text = (value: string): Buffer => Buffer.from(value);
const asked = { host: '10.0.0.9', port: 6379 };

function word(slots: RedisReply, info: RedisReply | RedisFailure = text('')) {
  const ask = (_name: string, [about]: readonly unknown[]): Promise<RedisReply> =>
    about === 'slots'
      ? Promise.resolve(slots)
      : info instanceof RedisFailure
        ? Promise.reject(info)
        : Promise.resolve(info);
  return readWord(ask, asked);
}

describe('the word of a node', () => {
  it('says who has which slots, how new that is, and whether it is cut off', async () => {
    const slots = [
      [0, 99, [text('10.0.0.1'), 7001, text('id'), []], [text('10.0.0.2'), 7002, text('id'), []]],
      [100, 16_383, [text('c.example'), 7003, text('id'), [text('ip'), text('10.0.0.3')]]],
    ];
    const info = text('cluster_enabled:1\r\ncluster_state:fail\r\ncluster_current_epoch:12\r\n');
    expect(await word(slots, info)).toEqual({
      ...{ epoch: 12, isWell: false, replicas: [{ host: '10.0.0.2', port: 7002 }] },
      ranges: [
        { first: 0, last: 99, master: { host: '10.0.0.1', port: 7001 } },
        { first: 100, last: 16_383, master: { host: 'c.example', port: 7003 } },
      ],
    });
  });

  it.each([
    ['no host', null, [], '10.0.0.9'],
    ['an empty one', text(''), [], '10.0.0.9'],
    ['a question mark and its IP', text('?'), [text('ip'), text('10.0.0.4')], '10.0.0.4'],
    ['a question mark', text('?'), [], '10.0.0.9'],
    ['one and no IP', text('?'), [text('hostname'), text('c.example')], '10.0.0.9'],
  ])('that gives %s for a host is still understood', async (_what, name, more, host) => {
    const { ranges } = await word([[0, 1, [name, 7001, text('id'), more]]]);
    expect(ranges).toEqual([{ first: 0, last: 1, master: { host, port: 7001 } }]);
  });

  it('is worth as much as any other where its number may not be asked for', async () => {
    const slots = [[0, 1, [text('a'), 7001, text('id'), []]]];
    expect(await word(slots, new RedisFailure('auth'))).toMatchObject({ epoch: 0, isWell: true });
  });

  it.each([
    ['nothing', []],
    ['no list', text('x')],
    ['slots that cannot be', [[-1, 5, [text('a'), 1]]]],
    ['more slots than there are', [[0, 16_384, [text('a'), 1]]]],
    ['a port that is none', [[0, 1, [text('a'), 70_000]]]],
    ['nobody', [[0, 1]]],
  ])('that names %s is none', async (_what, slots) => {
    await expect(word(slots)).rejects.toMatchObject({ code: 'cluster' });
  });
});

describe('an error of a node', () => {
  const heard = (message: string) => {
    const error = Object.assign(new Error(message), { name: 'ReplyError' });
    return failureIn(error).elsewhere;
  };
  it.each([
    ['MOVED 3999 10.0.0.1:6381', { kind: 'moved', slot: 3999, host: '10.0.0.1', port: 6381 }],
    ['ASK 0 ::1:6381', { kind: 'ask', slot: 0, host: '::1', port: 6381 }],
    ['MOVED 1 :6381', { kind: 'moved', slot: 1, host: '', port: 6381 }],
    ['TRYAGAIN Multiple keys request during rehashing of slot', { kind: 'again' }],
    ['CLUSTERDOWN Hash slot not served', { kind: 'down' }],
    ['MOVED 16384 a:1', undefined],
    ['MOVED 1 a:70000', undefined],
    ['MOVED abc', undefined],
    ['ERR MOVED 1 a:1', undefined],
  ])('%s', (message, elsewhere) => {
    expect(heard(message)).toEqual(elsewhere);
  });
});

describe('the key of a command', () => {
  it('has the slot that Redis gives it; what stands in braces decides', () => {
    expect([slotOf('foo'), slotOf('somekey'), slotOf(Buffer.from('foo'))]).toEqual([
      ...[12_182, 11_058, 12_182],
    ]);
    for (const key of ['{foo}', 'a{foo}b', '{foo}{bar}', Buffer.from('a{foo}b')]) {
      expect(slotOf(key)).toBe(slotOf('foo'));
    }
    expect(slotOf('{}foo')).not.toBe(slotOf('foo'));
    expect(slotOf('{{foo}}')).toBe(slotOf('{foo'));
  });

  it.each([
    ['GET', ['k'], 'k'],
    ['evalsha', ['digest', 2, 'k', 'l', 'x'], 'k'],
    ['eval', ['text', 0, 'x'], undefined],
    ['xread', ['count', 1, 'STREAMS', 'k', '0'], 'k'],
    ['object', ['encoding', 'k'], 'k'],
    ['sintercard', [2, 'k', 'l'], 'k'],
    ['publish', ['channel', 'word'], undefined],
  ])('is found: %s %j', (name, args, key) => {
    expect(keyOf(name, args)).toEqual(key === undefined ? { kind: 'none' } : { kind: 'key', key });
  });

  it('is not asked for where a whole server is meant, and many are parted by their slots', () => {
    for (const name of ['KEYS', 'flushall', 'scan']) {
      expect(keyOf(name, ['x'])).toEqual({ kind: 'whole-server' });
    }
    expect(splitOf('unlink', ['{a}1', 'b', '{a}2'])).toEqual({
      ...{ joining: 'sum', parts: [[0, 2], [1]] },
    });
    expect(splitOf('mget', ['{a}1', '{a}2'])).toBeUndefined();
    expect(splitOf('mset', ['a', '1', 'b', '2'])).toBeUndefined();
  });
});
