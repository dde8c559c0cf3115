/** The book of tracked answers: what puts one into doubt, and what says that it was taken away. */
import { describe, expect, it } from '@jest/globals';
import { openTracked, type Tracked, type TrackedBook } from '../../src/cache/tracked.js';
import { trackedNames } from '../../src/cache/tracked-second.js';
import {
  openEvictions,
  readEvictions,
  type Evictions,
} from '../../src/redis/tracking-evictions.js';
import { handClock, type HandClock } from '../fakes/hand-clock.js';
import { settle } from '../fakes/waiting.js';

const RUN = 'a'.repeat(40);

function open() {
  const clock = handClock();
  const server = { evicted: 0, asked: 0, isAway: false };
  const ask = () => {
    server.asked += 1;
    if (server.isAway) return Promise.reject(new Error('away'));
    return Promise.resolve({ run: RUN, evicted: server.evicted });
  };
  const evictions = openEvictions(ask, clock);
  evictions.begin({ run: RUN, evicted: 0 });
  const book = openTracked(3_600_000, clock);
  return { clock, server, evictions, book };
}

function joined(book: TrackedBook, name = 'a'): Tracked {
  const tracked = book.found(name, book.sight());
  book.sighted();
  book.joined(tracked);
  return tracked;
}

const isTaken = (tracked: Tracked, clock: HandClock): Promise<boolean> =>
  tracked.isTakenAway(clock.nowMs() + 60_000, clock.nowMs());

/** A write of ours that begins now; its end is told by hand. */
function writing(book: TrackedBook) {
  let end: (isWritten: boolean) => void = () => undefined;
  const written = new Promise<boolean>((resolve) => (end = resolve));
  const tracked = book.own('a', written, true);
  book.joined(tracked);
  return {
    tracked,
    async end(isWritten: boolean) {
      end(isWritten);
      await settle();
    },
  };
}

describe('an answer in memory', () => {
  it('is in doubt when its key was announced, until it was asked about', () => {
    const { book, evictions } = open();
    const [one, other] = [joined(book), joined(book, 'b')];
    book.changed('a', evictions);
    expect([one.isDoubtful, other.isDoubtful]).toEqual([true, false]);
    const before = one.moment();
    book.changed('a', evictions);
    one.vouch(before);
    expect(one.isDoubtful).toBe(true);
    one.vouch(one.moment());
    expect(one.isDoubtful).toBe(false);
  });

  it('is in doubt together with all others after a gap', () => {
    const { book } = open();
    const before = joined(book);
    book.doubtAll(false);
    const after = joined(book, 'b');
    expect([before.isDoubtful, after.isDoubtful]).toEqual([true, false]);
  });

  it('is in doubt from the beginning when a change came while it was looked for', () => {
    const { book, evictions } = open();
    const first = book.sight();
    book.changed('a', evictions);
    const second = book.sight();
    expect(book.found('a', first).isDoubtful).toBe(true);
    expect(book.found('a', second).isDoubtful).toBe(false);
    expect(book.found('b', first).isDoubtful).toBe(false);
    const third = book.sight();
    book.doubtAll(true);
    expect(book.found('b', third).isDoubtful).toBe(true);
  });

  it('goes out for a second when nobody can be asked, and is then asked about again', () => {
    const { book, clock } = open();
    const tracked = joined(book);
    book.doubtAll(false);
    book.rest(tracked);
    expect(tracked.isDoubtful).toBe(false);
    clock.turn(1000);
    expect(tracked.isDoubtful).toBe(true);
  });

  it('is forgotten when it leaves, unless a newer one has its name', () => {
    const { book } = open();
    const older = joined(book);
    const newer = joined(book);
    book.left({ tracked: older });
    expect(book.stats().answers).toBe(1);
    book.left({ tracked: newer });
    expect(book.stats().answers).toBe(0);
  });
});

describe('a write of our own', () => {
  it('puts nothing into doubt, before its end or after it; that of another does', async () => {
    const { book, evictions } = open();
    const early = writing(book);
    book.changed('a', evictions);
    await early.end(true);
    expect(early.tracked.isDoubtful).toBe(false);
    const late = writing(book);
    await late.end(true);
    book.changed('a', evictions);
    expect(late.tracked.isDoubtful).toBe(false);
    book.changed('a', evictions);
    expect(late.tracked.isDoubtful).toBe(true);
  });

  it('that was not done has had no announcement: it was that of another', async () => {
    const { book, evictions } = open();
    const one = writing(book);
    book.changed('a', evictions);
    await one.end(false);
    expect(one.tracked.isDoubtful).toBe(true);
  });

  it('is waited for no longer than a second, and not over a gap', async () => {
    const { book, evictions, clock } = open();
    const one = writing(book);
    await one.end(true);
    clock.turn(1001);
    book.changed('a', evictions);
    expect(one.tracked.isDoubtful).toBe(true);
    const other = writing(book);
    await other.end(true);
    book.doubtAll(true);
    other.tracked.vouch(other.tracked.moment());
    book.changed('a', evictions);
    expect(other.tracked.isDoubtful).toBe(true);
  });
});

describe('what lies in Redis no more', () => {
  it('was taken away by somebody when the server has evicted nothing', async () => {
    const { book, evictions, clock, server } = open();
    const tracked = joined(book);
    book.changed('a', evictions);
    expect(await isTaken(tracked, clock)).toBe(true);
    expect(await tracked.isTakenAway(clock.nowMs() + 500, clock.nowMs())).toBe(false);
    expect(server.asked).toBe(1);
  });

  it('may have been evicted when the server has evicted anything, or cannot say', async () => {
    const { book, evictions, clock, server } = open();
    const tracked = joined(book);
    book.changed('a', evictions);
    server.isAway = true;
    expect(await isTaken(tracked, clock)).toBe(false);
    server.isAway = false;
    server.evicted = 1;
    clock.turn(1);
    expect(await evictions.noneSince(clock.nowMs())).toBe(false);
    const { asked } = server;
    expect(await isTaken(tracked, clock)).toBe(false);
    expect(server.asked).toBe(asked);
  });

  it('is certain again a little after the server has stopped to evict', async () => {
    const { evictions, clock, server } = open();
    server.evicted = 1;
    expect(await evictions.noneSince(clock.nowMs())).toBe(false);
    clock.turn(251);
    expect(await evictions.noneSince(clock.nowMs())).toBe(true);
  });

  it('was taken away after a flush or a gap only where nothing was evicted meanwhile', async () => {
    const { book, clock } = open();
    const tracked = joined(book);
    book.doubtAll(true);
    expect(await isTaken(tracked, clock)).toBe(true);
    book.doubtAll(false);
    book.doubtAll(true);
    expect(await isTaken(tracked, clock)).toBe(false);
  });

  it('was never there when it was never seen there', async () => {
    const { book, clock } = open();
    const tracked = book.strange('a');
    book.joined(tracked);
    book.doubtAll(true);
    expect([tracked.isDoubtful, await isTaken(tracked, clock)]).toEqual([true, false]);
  });
});

describe('what a server says', () => {
  it('is believed only as far as it is understood', () => {
    const text = `# Server\r\nrun_id:${RUN}\r\n# Stats\r\nevicted_keys:7\r\n`;
    expect(readEvictions(Buffer.from(text))).toEqual({ run: RUN, evicted: 7 });
    expect(readEvictions(Buffer.from('evicted_keys:7\r\n'))).toBeUndefined();
    expect(readEvictions(null)).toBeUndefined();
    const evictions: Evictions = openEvictions(() => Promise.resolve(undefined), handClock());
    expect(evictions.begin(undefined)).toBe(false);
  });

  it('names an answer by its family, or by its own key where a family has several', () => {
    const nameIn = trackedNames('p:');
    expect(nameIn('p:{fam}:entry')).toBe('fam');
    expect(nameIn('p:{fam}:entry:key')).toBe('key');
    for (const other of ['p:{fam}:lease', 'p:{fam}:entry:', 'q:{fam}:entry', 'p:{}:entry']) {
      expect(nameIn(other)).toBeUndefined();
    }
  });
});
