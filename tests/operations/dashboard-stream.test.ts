/** The dashboard's stream by itself: it costs nothing unwatched, and a slow reader costs a line. */
import { describe, expect, it } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import type { Request, Response } from 'express';
import { openLog } from '../../src/open-log.js';
import { openStream, type Sight } from '../../src/operations/dashboard/stream.js';
import { handClock } from '../fakes/hand-clock.js';

class Reader extends EventEmitter {
  readonly lines: string[] = [];
  takes = true;
  isOver = false;
  set(): void {
    this.lines.length = 0;
  }
  write(line: string): boolean {
    this.lines.push(line);
    return this.takes;
  }
  end(): void {
    this.isOver = true;
    this.emit('close');
  }
}

function house(lineOf: (sight: Sight) => object = (sight) => ({ sight })) {
  const clock = handClock();
  const sink = new PassThrough();
  const kept = { batchLinesMax: 10, flushMs: 10 };
  const log = openLog({ level: 'error', access: false, ...kept, sink }, clock);
  const options = { everyMs: 1_000, watchersMax: 2, watchMs: 60_000, lineOf };
  const stream = openStream(options, clock, log);
  const watch = (sight: Sight = 'open'): Reader => {
    const reader = new Reader();
    stream.watch(sight, { method: 'GET' } as Request, reader as unknown as Response);
    return reader;
  };
  return { clock, stream, watch };
}

describe('the stream of the dashboard', () => {
  it('sets no timer while nobody watches, and leaves none behind', () => {
    const { clock, watch } = house();
    const before = clock.pending();
    const [one, other] = [watch(), watch()];
    expect(clock.pending()).toBeGreaterThan(before);
    one.end();
    other.end();
    expect(clock.pending()).toBe(before);
  });

  it('makes each second’s line once, however many watch', () => {
    let made = 0;
    const { clock, watch } = house(() => ({ nth: (made += 1) }));
    const [one, other] = [watch(), watch()];
    made = 0;
    clock.turn(3_000);
    expect(made).toBe(3);
    expect(one.lines).toHaveLength(4);
    expect(other.lines.slice(1)).toEqual(one.lines.slice(1));
  });

  it('skips a reader who has not taken the line before, and goes on when he has', () => {
    const { clock, stream, watch } = house();
    const slow = watch();
    slow.takes = false;
    clock.turn(5_000);
    expect(slow.lines).toHaveLength(2);
    expect(stream.stats().skipped).toBe(4);
    slow.takes = true;
    slow.emit('drain');
    clock.turn(2_000);
    expect(slow.lines).toHaveLength(4);
  });

  it('ends after its time, and takes no more than may watch', () => {
    const { clock, stream, watch } = house();
    const one = watch();
    watch();
    expect(() => watch()).toThrow(/Too much work/);
    expect(stream.stats()).toMatchObject({ open: 2, max: 2, refused: 1 });
    clock.turn(60_000);
    expect([one.isOver, stream.stats().open]).toEqual([true, 0]);
    stream.end();
    expect(() => watch()).toThrow(/shutting down/);
  });
});
