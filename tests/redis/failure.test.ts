/** The kinds of failure, from what a library throws; and when a lost connection is tried again. */
import { describe, expect, it } from '@jest/globals';
import { openBackoff } from '../../src/redis/backoff.js';
import { failureKinds, kindOf, RedisFailure } from '../../src/redis/failure.js';
import { openGate } from '../../src/redis/gate.js';
import { handClock } from '../fakes/hand-clock.js';
import { outcome } from './kit.js';

const coded = (code: string): Error => Object.assign(new Error('of no interest'), { code });
const replied = (message: string): Error =>
  Object.assign(new Error(message), { command: { name: 'set', args: ['key', 'secret'] } });

describe('a failure', () => {
  it.each([
    ['R25', coded('EMFILE'), 'emfile'],
    ['R25', coded('ENFILE'), 'emfile'],
    ['R1', coded('ECONNREFUSED'), 'refused'],
    ['R2', coded('ENOTFOUND'), 'dns'],
    ['R3', coded('ECONNRESET'), 'reset'],
    ['R3', coded('EPIPE'), 'reset'],
    ['R26', coded('CERT_HAS_EXPIRED'), 'tls'],
    ['R26', coded('ERR_TLS_CERT_ALTNAME_INVALID'), 'tls'],
    ['R26', coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'tls'],
    ['R9', replied('OOM command not allowed when used memory > maxmemory'), 'oom'],
    ['R13', replied('ERR AUTH <password> called without any password configured'), 'auth'],
    ['R14', replied('ERR max number of clients reached'), 'maxclients'],
    ['R18', new Error('Unknown RESP type 72 "H". Please report this.'), 'protocol'],
    ['no row', replied('ERR unknown command'), 'rejected'],
    ['no row', new Error('anything'), 'other'],
    ['no row', 'a text', 'other'],
  ])('of row %s is known by its kind: %s', (_row, thrown, kind) => {
    expect(kindOf(thrown)).toBe(kind);
    expect(failureKinds).toContain(kind);
  });
});

describe('trying again', () => {
  it('begins at once after a stable time, grows, and ends at once a second', () => {
    const clock = handClock();
    const random = (): number => 1;
    const options = { firstMs: 100, maxMs: 1000, stableMs: 1000, random };
    const backoff = openBackoff(options, clock);
    const waits = [1, 2, 3, 4, 5, 6, 7].map(() => backoff.failed());
    expect(waits).toEqual([0, 125, 250, 500, 1000, 1250, 1250]);
    // Up for a moment is not up: the count goes on.
    backoff.succeeded();
    clock.turn(999);
    expect(backoff.failed()).toBe(1250);
    backoff.succeeded();
    clock.turn(1000);
    expect([backoff.failed(), backoff.failures()]).toEqual([0, 1]);
  });

  it('is done by whoever has leave; all others are refused without a try', async () => {
    const clock = handClock();
    const gate = openGate({ restMs: 1000, random: () => 0 }, clock);
    let tries = 0;
    const open = (): Promise<never> => {
      tries += 1;
      return Promise.reject(new RedisFailure('refused'));
    };
    expect(await outcome(gate.pass(open))).toBe('refused');
    const thrown: unknown = await gate.pass(open).catch((failure: unknown) => failure);
    expect([tries, thrown]).toMatchObject([1, { code: 'refused', collateral: true }]);
    gate.allow();
    expect([await outcome(gate.pass(open)), tries]).toEqual(['refused', 2]);
    clock.turn(1001);
    expect(gate.why()).toBeUndefined();
    expect(await outcome(gate.pass(() => Promise.resolve('open')))).toBe('open');
  });
});
