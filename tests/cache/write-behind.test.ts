/** Writes behind: the newest of a key counts, and nobody ever waits in vain. */
import { describe, expect, it } from '@jest/globals';
import { openWriteBehind, type Dropped, type Write } from '../../src/cache/write-behind.js';
import { handClock } from '../fakes/hand-clock.js';
import { settle } from '../fakes/waiting.js';

function openLine(options: { readonly admits?: () => boolean } = {}) {
  const sent: { readonly write: Write; readonly end: (failed?: boolean) => void }[] = [];
  const dropped: Dropped[] = [];
  const clock = handClock(0);
  const line = openWriteBehind({
    ...{ writesMax: 100, bytesMax: 1000, admits: options.admits ?? (() => true) },
    clock,
    dropped: (why) => void dropped.push(why),
    send: (write) =>
      new Promise((resolve, reject) => {
        const end = (failed = false): void => {
          if (failed) reject(new Error('not taken'));
          else resolve();
        };
        sent.push({ write, end });
      }),
  });
  const offer = (key: string, value = 'x', endMs = 1000): Promise<boolean> =>
    line.offer({ key, value: Buffer.from(value), endMs, onlyNew: false });
  return {
    line,
    sent,
    dropped,
    offer,
    turn: (byMs: number): void => {
      clock.turn(byMs);
    },
  };
}

describe('writes behind', () => {
  it('sends a few at a time, and the rest in the order of their coming', async () => {
    const { sent, offer, line } = openLine();
    const all = Array.from({ length: 40 }, (_, nth) => offer(`k${nth}`));
    expect(sent).toHaveLength(32);
    for (const one of sent.slice()) one.end();
    await settle();
    expect(sent.map(({ write }) => write.key)).toEqual(all.map((_, nth) => `k${nth}`));
    for (const one of sent.slice(32)) one.end();
    expect(await Promise.all(all)).toEqual(all.map(() => true));
    expect(line.stats()).toMatchObject({ waiting: 0, bytes: 0, written: 40 });
  });

  it('lets the newer value of a key take the place of the one that still waits', async () => {
    const { sent, dropped, offer } = openLine();
    for (let nth = 0; nth < 32; nth += 1) void offer(`k${nth}`);
    const older = offer('again', 'older');
    void offer('again', 'newer');
    expect(await older).toBe(false);
    expect(dropped).toEqual(['replaced']);
    sent[0]?.end();
    await settle();
    expect(sent.at(-1)?.write.value.toString()).toBe('newer');
  });

  it('drops what nobody could be given any more when its turn comes', async () => {
    const { sent, dropped, offer, turn } = openLine();
    for (let nth = 0; nth < 32; nth += 1) void offer(`k${nth}`);
    const late = offer('late', 'x', 500);
    turn(500);
    sent[0]?.end();
    expect(await late).toBe(false);
    expect(dropped).toEqual(['over']);
  });

  it('R9: tries what failed once, and not again', async () => {
    const { sent, dropped, offer, line } = openLine();
    const failed = offer('k');
    sent[0]?.end(true);
    expect(await failed).toBe(false);
    expect(sent).toHaveLength(1);
    expect(dropped).toEqual(['failed']);
    expect(line.stats()).toMatchObject({ waiting: 0, bytes: 0 });
  });

  it('writes what still waits when it is closed, and takes no more', async () => {
    const { sent, dropped, offer, line } = openLine();
    const all = Array.from({ length: 40 }, (_, nth) => offer(`k${nth}`));
    const closed = line.close(500);
    expect(await offer('late')).toBe(false);
    expect(dropped).toEqual(['closed']);
    for (let nth = 0; nth < 40; nth += 1) {
      sent[nth]?.end();
      await settle();
    }
    expect(await closed).toBe(0);
    expect(await Promise.all(all)).toEqual(all.map(() => true));
    expect(await line.close(500)).toBe(0);
  });

  it('waits no longer than it may for a Redis that hangs, and counts what is left', async () => {
    const { dropped, offer, line, turn } = openLine();
    const all = Array.from({ length: 40 }, (_, nth) => offer(`k${nth}`));
    const closed = line.close(500);
    turn(499);
    await settle();
    expect(dropped).toEqual([]);
    turn(1);
    expect(await closed).toBe(40);
    // Those under way have not been heard of yet.
    expect(await Promise.all(all.slice(32))).toEqual(Array.from({ length: 8 }, () => false));
    expect(dropped).toEqual(Array.from({ length: 8 }, () => 'closed'));
  });

  it('takes nothing while writes are not tried', async () => {
    const { sent, dropped, offer } = openLine({ admits: () => false });
    expect(await offer('k')).toBe(false);
    expect(sent).toHaveLength(0);
    expect(dropped).toEqual(['off']);
  });
});
