/** The outbox: what this node purged stays there until it is known to stand in the journal. */
import { describe, expect, it } from '@jest/globals';
import { openOutbox } from '../../src/cache/fleet-outbox.js';
import { handClock } from '../fakes/hand-clock.js';

const ACT = { kind: 'order', order: { type: 'tag', selectors: ['a'], mode: 'delete' } } as const;

function openBox() {
  let seq = 0;
  return openOutbox(
    { node: 'one', actsMax: 10, recordBytesMax: 1_000, doubtMs: 10_000 },
    {
      clock: handClock(),
      append: () => Promise.resolve({ journal: 'j', seq: (seq += 1) }),
      placed: () => undefined,
    },
  );
}

describe('the outbox', () => {
  it('keeps a purge until it has come back from the journal', async () => {
    const box = openBox();
    const told = box.add(ACT, 7);
    await box.send();
    expect([told.place, box.isSettled()]).toEqual([{ journal: 'j', seq: 1 }, false]);
    expect(box.returned(1, { journal: 'j', seq: 1 })).toBe(7);
    expect(box.isSettled()).toBe(true);
  });

  it('R22: does not wait for ever for one that was trimmed away before it came back', async () => {
    const box = openBox();
    box.add(ACT, 7);
    await box.send();
    box.add(ACT, 8);
    await box.send();
    expect(box.passed({ journal: 'another', seq: 9 })).toBeUndefined();
    expect(box.passed({ journal: 'j', seq: 1 })).toBe(7);
    expect(box.isSettled()).toBe(false);
    expect(box.passed({ journal: 'j', seq: 2 })).toBe(8);
    expect(box.isSettled()).toBe(true);
  });
});
