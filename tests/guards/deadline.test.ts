/** Deadlines: what ends a wait, and what a late answer is worth. */
import { describe, expect, it } from '@jest/globals';
import { Failure } from '../../src/errors.js';
import { SilenceLimit, withDeadline } from '../../src/guards/deadline.js';
import { codeOf, openHandClock } from '../upstream/kit.js';

describe('a limit on silence', () => {
  it('ends a wait only after the whole limit without a sign of life', () => {
    const clock = openHandClock();
    const limit = new SilenceLimit(clock);
    let late = 0;
    limit.start(100, () => {
      late += 1;
    });
    clock.turn(99);
    limit.touch();
    clock.turn(99);
    expect(late).toBe(0);
    clock.turn(1);
    expect(late).toBe(1);
    clock.turn(1_000);
    expect(late).toBe(1);
    expect(clock.pending()).toBe(0);
  });

  it('says nothing once it was stopped', () => {
    const clock = openHandClock();
    const limit = new SilenceLimit(clock);
    limit.start(100, () => {
      throw new Error('spoke');
    });
    limit.stop();
    clock.turn(1_000);
    expect(clock.pending()).toBe(0);
  });
});

describe('a deadline on a promise', () => {
  const options = (clock = openHandClock(), signal?: AbortSignal) => ({
    clock,
    limitMs: 100,
    signal,
    late: () => new Failure('head_timeout'),
  });

  it('passes on what came in time and leaves no timer', async () => {
    const clock = openHandClock();
    expect(await withDeadline(options(clock), () => Promise.resolve(7))).toBe(7);
    await Promise.resolve();
    expect(clock.pending()).toBe(0);
  });

  it('ends the wait, tells the work to stop, and drops its late failure', async () => {
    const clock = openHandClock();
    let told = false;
    const work = withDeadline(options(clock), (signal) => {
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          told = true;
          reject(new Error('late'));
        });
      });
    });
    clock.turn(100);
    expect(await codeOf(work)).toBe('head_timeout');
    expect(told).toBe(true);
  });

  it('does not begin for a caller who has already left', async () => {
    const work = withDeadline(options(undefined, AbortSignal.abort()), () => {
      throw new Error('begun');
    });
    expect(await codeOf(work)).toBe('abandoned');
  });
});
