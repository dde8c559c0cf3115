/** The registry: what is held is counted until it is given back, once, and never beyond the end. */
import { describe, expect, it } from '@jest/globals';
import { openRegistry } from '../../src/resources/registry.js';
import { handClock } from '../fakes/hand-clock.js';

describe('the registry', () => {
  it('is empty before anything is held', () => {
    const registry = openRegistry(10, handClock());
    expect(registry.stats()).toEqual({ active: 0, max: 10, types: {} });
    expect(registry.heldLongerThan(0)).toEqual([]);
  });

  it('counts each type, and gives back once however often it is told', () => {
    const registry = openRegistry(10, handClock());
    const first = registry.hold('file');
    registry.hold('file');
    registry.hold('timer');
    expect(registry.stats()).toMatchObject({ active: 3, types: { file: 2, timer: 1 } });
    first();
    first();
    expect(registry.stats()).toMatchObject({ active: 2, types: { file: 1, timer: 1 } });
  });

  it('names what is held for longer than a limit, the oldest first, and not at the limit', () => {
    const clock = handClock(50_000);
    const registry = openRegistry(10, clock);
    registry.hold('file', { path: 'a' });
    clock.turn(1_000);
    const second = registry.hold('file');
    clock.turn(1_000);
    expect(registry.heldLongerThan(2_000)).toEqual([]);
    expect(registry.heldLongerThan(1_500)).toEqual([
      ...[{ id: 'file_1', type: 'file', createdWallMs: 50_000, lifetimeMs: 2_000 }].map((one) => ({
        ...one,
        metadata: { path: 'a' },
      })),
    ]);
    expect(registry.heldLongerThan(0).map(({ id }) => id)).toEqual(['file_1', 'file_2']);
    second();
    expect(registry.heldLongerThan(0).map(({ id }) => id)).toEqual(['file_1']);
  });

  it('refuses one more than it may hold, and takes it when one came back', () => {
    const registry = openRegistry(2, handClock());
    const first = registry.hold('a');
    registry.hold('a');
    expect(() => registry.hold('a')).toThrow(expect.objectContaining({ code: 'busy' }));
    first();
    registry.hold('a');
    expect(registry.stats().active).toBe(2);
  });
});
