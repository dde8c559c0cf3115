/** The order of writes behind: of two answers to one request the newer one is what stays. */
import { describe, expect, it } from '@jest/globals';
import { openWriteBehind } from '../../src/cache/write-behind.js';
import { handClock } from '../fakes/hand-clock.js';
import { settle } from '../fakes/waiting.js';

describe('two answers of one key, the first of which is on its way to Redis', () => {
  it('arrive in their order, so that the newer one stays, and hold up no other key', async () => {
    const sent: string[] = [];
    const arrive = new Map<string, () => void>();
    const queue = openWriteBehind({
      ...{ writesMax: 10, bytesMax: 1000, admits: () => true, dropped: () => undefined },
      clock: handClock(),
      send({ value }) {
        sent.push(value.toString());
        return new Promise((resolve) => void arrive.set(value.toString(), resolve));
      },
    });
    const offer = (key: string, value: string): Promise<boolean> =>
      queue.offer({ key, value: Buffer.from(value), endMs: 2_000_000, onlyNew: false });
    const first = offer('one', 'older');
    const second = offer('one', 'newer');
    void offer('other', 'another');
    expect(sent).toEqual(['older', 'another']);
    arrive.get('older')?.();
    await first;
    await settle(1);
    expect(sent).toEqual(['older', 'another', 'newer']);
    arrive.get('newer')?.();
    expect(await second).toBe(true);
  });

  it('an error that may only stand where nothing is does not push out a good one', async () => {
    const sent: string[] = [];
    const arrive: (() => void)[] = [];
    const queue = openWriteBehind({
      ...{ writesMax: 10, bytesMax: 1000, admits: () => true, dropped: () => undefined },
      clock: handClock(),
      send({ value }) {
        sent.push(value.toString());
        return new Promise((resolve) => void arrive.push(resolve));
      },
    });
    const offer = (value: string, onlyNew: boolean): Promise<boolean> =>
      queue.offer({ key: 'one', value: Buffer.from(value), endMs: 2_000_000, onlyNew });
    const first = offer('under way', false);
    void offer('good', false);
    expect(await offer('an error', true)).toBe(false);
    arrive[0]?.();
    await first;
    await settle(1);
    expect(sent).toEqual(['under way', 'good']);
  });
});
