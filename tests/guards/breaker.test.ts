/** The breaker: what opens it, who may ask meanwhile, what closes it, what it says of itself. */
import { describe, expect, it } from '@jest/globals';
import { openBreaker, type Breaker, type BreakerOptions } from '../../src/guards/breaker.js';
import type { Verdict } from '../../src/guards/breaker.js';
import { handClock, type HandClock } from '../fakes/hand-clock.js';

const OPTIONS: BreakerOptions = {
  rowMax: 5,
  share: 0.5,
  callsMin: 20,
  windowMs: 10_000,
  openMs: 5_000,
  goodProbes: 1,
  slowMs: undefined,
  random: () => 0.5,
};

function opened(more: Partial<BreakerOptions> = {}): {
  readonly breaker: Breaker;
  readonly clock: HandClock;
  readonly changes: string[];
  readonly tell: (verdict: Verdict, times?: number) => void;
} {
  const clock = handClock();
  const breaker = openBreaker({ ...OPTIONS, ...more }, clock);
  const changes: string[] = [];
  breaker.onChange((state, cause) => changes.push(`${state} ${cause}`));
  const tell = (verdict: Verdict, times = 1): void => {
    for (let nth = 0; nth < times; nth += 1) breaker.enter()?.done(verdict);
  };
  return { breaker, clock, changes, tell };
}

describe('a breaker opens', () => {
  it('after so many failures in a row, and not while anything good comes between', () => {
    const { breaker, tell, changes } = opened();
    for (let round = 0; round < 3; round += 1) {
      tell('bad', 4);
      tell(round === 1 ? 'poor' : 'good');
    }
    tell('bad', 4);
    tell('ignored', 50);
    expect(breaker.state()).toBe('closed');
    tell('bad');
    expect(breaker.state()).toBe('open');
    expect(breaker.enter()).toBeUndefined();
    expect(breaker.waitMs()).toBe(5_000);
    expect(changes).toEqual(['open row']);
    expect(breaker.stats()).toMatchObject({ state: 'open', opened: 1, refused: 1, probes: 0 });
  });

  it('when half of at least twenty calls within ten seconds failed', () => {
    const { breaker, tell, changes } = opened();
    tell('good', 10);
    tell('poor', 9);
    expect(breaker.state()).toBe('closed');
    tell('poor');
    expect(changes).toEqual(['open share']);
  });

  it('never for a share of few calls, nor for failures that are long past', () => {
    const { breaker, tell, clock } = opened();
    tell('poor', 19);
    clock.turn(10_001);
    tell('poor', 19);
    expect(breaker.state()).toBe('closed');
    tell('good', 38);
    tell('poor', 18);
    expect(breaker.state()).toBe('closed');
  });

  it('for calls that succeed too slowly, where slowness is a fault', () => {
    const { breaker, clock } = opened({ slowMs: 50, callsMin: 3 });
    const call = (tookMs: number): void => {
      const pass = breaker.enter();
      clock.turn(tookMs);
      pass?.done('good');
    };
    call(50);
    call(51);
    expect(breaker.state()).toBe('closed');
    call(51);
    expect(breaker.state()).toBe('open');
  });

  it.each([
    [0, 4_000],
    [0.5, 5_000],
    [1, 6_000],
  ])('for a rest that is spread, so that many do not ask at once: %d', (random, waitMs) => {
    const { breaker, tell } = opened({ random: () => random });
    tell('bad', 5);
    expect(breaker.waitMs()).toBe(waitMs);
  });
});

describe('an open breaker', () => {
  it('lets one probe through when its rest is over, and closes when that is good', () => {
    const { breaker, tell, clock, changes } = opened();
    tell('bad', 5);
    clock.turn(4_999);
    expect(breaker.admits()).toBe(false);
    clock.turn(1);
    expect(breaker.state()).toBe('half-open');
    const probe = breaker.enter();
    expect(probe?.probe).toBe(true);
    expect(breaker.enter()).toBeUndefined();
    expect(breaker.state()).toBe('half-open');
    probe?.done('good');
    expect(breaker.state()).toBe('closed');
    expect(changes).toEqual(['open row', 'closed row']);
  });

  it('rests again when the probe fails, and says nothing new of it', () => {
    const { breaker, tell, clock, changes } = opened();
    tell('bad', 5);
    clock.turn(5_000);
    tell('bad');
    expect(breaker.state()).toBe('open');
    expect(breaker.waitMs()).toBe(5_000);
    expect(changes).toEqual(['open row']);
    expect(breaker.stats()).toMatchObject({ opened: 1, probes: 1 });
  });

  it('an error answer ends a silence, but not a storm of errors', () => {
    const silence = opened();
    silence.tell('bad', 5);
    silence.clock.turn(5_000);
    silence.tell('poor');
    expect(silence.breaker.state()).toBe('closed');
    const storm = opened();
    storm.tell('poor', 20);
    storm.clock.turn(5_000);
    storm.tell('poor');
    expect(storm.breaker.state()).toBe('open');
  });

  it('a probe that proves nothing makes room for the next at once', () => {
    const { breaker, tell, clock } = opened();
    tell('bad', 5);
    clock.turn(5_000);
    tell('ignored');
    expect(breaker.enter()?.probe).toBe(true);
  });

  it('a probe that is never heard of again does not keep it shut', () => {
    const { breaker, tell, clock } = opened();
    tell('bad', 5);
    clock.turn(5_000);
    breaker.enter();
    clock.turn(4_999);
    expect(breaker.enter()).toBeUndefined();
    clock.turn(1);
    breaker.enter()?.done('good');
    expect(breaker.state()).toBe('closed');
  });

  it('hears nothing of calls that began before it opened, or of a pass used twice', () => {
    const { breaker, tell, clock } = opened();
    const early = [breaker.enter(), breaker.enter(), breaker.enter()];
    tell('bad', 5);
    early[0]?.done('good');
    expect(breaker.state()).toBe('open');
    clock.turn(5_000);
    const probe = breaker.enter();
    early[1]?.done('bad');
    probe?.done('good');
    probe?.done('bad');
    early[2]?.done('bad');
    expect(breaker.stats()).toMatchObject({ state: 'closed', row: 0 });
  });

  it('asks for several good probes in a row where what comes and goes must be calmed', () => {
    const { breaker, tell, clock, changes } = opened({ goodProbes: 3 });
    tell('bad', 5);
    clock.turn(5_000);
    tell('good', 2);
    tell('bad');
    expect(breaker.state()).toBe('open');
    clock.turn(5_000);
    tell('good', 2);
    expect(breaker.state()).toBe('half-open');
    tell('good');
    expect(changes).toEqual(['open row', 'closed row']);
  });

  it('begins with a clean sheet when it closes', () => {
    const { breaker, tell, clock } = opened();
    tell('poor', 20);
    clock.turn(5_000);
    tell('good');
    tell('poor', 19);
    expect(breaker.state()).toBe('closed');
  });
});
