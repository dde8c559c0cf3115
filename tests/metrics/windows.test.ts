/** The last minute: what counters have gained within it, and nothing from before. */
import { describe, expect, it } from '@jest/globals';
import { openWindow } from '../../src/metrics/windows.js';
import { handClock } from '../fakes/hand-clock.js';

function opened() {
  const clock = handClock();
  const totals = { hits: 7 };
  const window = openWindow(clock, 60_000, () => ({ ...totals }));
  return { clock, totals, window };
}

describe('a window of a minute', () => {
  it('begins with nothing, whatever was counted before', () => {
    expect(opened().window.gained()).toEqual({ hits: 0 });
  });

  it('knows at once what has just happened', () => {
    const { totals, window } = opened();
    totals.hits += 5;
    expect(window.gained()).toEqual({ hits: 5 });
  });

  it('forgets after a minute, to the second', () => {
    const { clock, totals, window } = opened();
    clock.turn(10_000);
    totals.hits += 5;
    clock.turn(58_000);
    expect(window.gained()).toEqual({ hits: 5 });
    clock.turn(4_000);
    expect(window.gained()).toEqual({ hits: 0 });
  });

  it('never holds more than the last minute of a steady stream', () => {
    const { clock, totals, window } = opened();
    for (let second = 0; second < 300; second += 1) {
      totals.hits += 10;
      clock.turn(1_000);
      const { hits } = window.gained();
      expect(hits).toBeLessThanOrEqual(610);
      if (second > 60) expect(hits).toBeGreaterThanOrEqual(580);
    }
  });

  it('claims nothing for a minute in which nobody looked, as after a suspended machine', () => {
    const clock = handClock();
    const totals = { hits: 0 };
    const still = { ...clock, every: () => ({ cancel: () => undefined }) };
    const window = openWindow(still, 60_000, () => ({ ...totals }));
    totals.hits += 5;
    clock.turn(120_000);
    expect(window.gained()).toEqual({ hits: 0 });
  });

  it('reads nothing more once it is closed', () => {
    const { clock, window } = opened();
    expect(clock.pending()).toBe(1);
    window.close();
    expect(clock.pending()).toBe(0);
  });
});
