/** Repeats in the log: a flood is a few lines, nothing is forgotten, and the last word is seen. */
import { describe, expect, it } from '@jest/globals';
import { openKept } from './kit.js';

const sumOf = (lines: readonly { readonly suppressed?: number }[]): number =>
  lines.reduce((sum, { suppressed = 0 }) => sum + 1 + suppressed, 0);

describe('the log', () => {
  it('case 97: turns 10,000 equal warnings in a second into a handful of lines', () => {
    const { clock, log, lines } = openKept();
    for (let nth = 1; nth <= 10_000; nth += 1) {
      log.warn('store_failed', { error: 'Error', nth });
      if (nth % 10 === 0) clock.turn(1);
    }
    clock.turn(1_000);
    expect(lines()).toHaveLength(2);
    expect(sumOf(lines())).toBe(10_000);
    expect(lines().at(-1)).toMatchObject({ event: 'store_failed', nth: 10_000 });
  });

  it('says at once what differs in its event or in a closed word', () => {
    const { log, lines } = openKept();
    log.warn('upstream.sick', { upstream: 'a' });
    log.warn('upstream.sick', { upstream: 'b' });
    log.info('upstream.well', { upstream: 'a' });
    log.warn('redis_error', { op: 'read', kind: 'timeout' });
    log.warn('redis_error', { op: 'write', kind: 'timeout' });
    expect(lines()).toHaveLength(5);
  });

  it('ends with how things stand, however often they changed within the second', () => {
    const { clock, log, lines } = openKept();
    for (let nth = 0; nth < 6; nth += 1) {
      log.warn('upstream.sick', { upstream: 'a' });
      clock.turn(50);
      log.info('upstream.well', { upstream: 'a' });
      clock.turn(50);
    }
    log.warn('upstream.sick', { upstream: 'a' });
    clock.turn(2_000);
    const events = lines().map(({ event }) => event);
    expect(events).toEqual(['upstream.sick', 'upstream.well', 'upstream.sick', 'upstream.well']);
    const last = lines().reduce((newest, line) => (line.time > newest.time ? line : newest));
    expect(last.event).toBe('upstream.sick');
    expect(sumOf(lines())).toBe(13);
  });

  it('writes what it holds back when it is closed', async () => {
    const { log, lines } = openKept();
    for (let nth = 0; nth < 100; nth += 1) log.error('store_failed', { nth });
    await log.close();
    expect(lines().map(({ nth, suppressed }) => [nth, suppressed])).toEqual([
      [0, undefined],
      [99, 98],
    ]);
  });

  it('case 110: never holds back what an operator did', () => {
    const { log, lines } = openKept();
    for (let nth = 0; nth < 50; nth += 1) log.warn('invalidated', { id: `p${nth}` });
    expect(lines()).toHaveLength(50);
  });

  it('remembers so many different lines and no more', () => {
    const { clock, log, lines } = openKept();
    for (let nth = 0; nth < 5_000; nth += 1) log.warn('refresh_failed', { route: `/${nth}` });
    expect(lines()).toHaveLength(1_001);
    clock.turn(1_000);
    expect(sumOf(lines())).toBe(5_000);
    log.warn('refresh_failed', { route: '/new' });
    expect(lines().at(-1)).toMatchObject({ route: '/new' });
  });

  it('leaves nothing behind when all is quiet', () => {
    const { clock, log } = openKept();
    for (let nth = 0; nth < 3; nth += 1) log.warn('store_failed');
    clock.turn(5_000);
    expect(clock.pending()).toBe(0);
  });
});
