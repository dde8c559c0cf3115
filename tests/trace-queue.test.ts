/** The queue of spans: what it drops, what it loses, and how long it can hold up an end. */
import { describe, expect, it } from '@jest/globals';
import { openSpanQueue, type SpanExporter } from '../src/trace-queue.js';
import type { SpanRecord } from '../src/trace-spans.js';
import { handClock } from './fakes/hand-clock.js';
import { keptLog } from './fakes/kept-log.js';
import { settle } from './fakes/waiting.js';

const SPAN: SpanRecord = {
  ...{ name: 'GET', kind: 'server', parentId: undefined, startMs: 0, endMs: 1, failed: false },
  context: { traceId: '1'.repeat(32), spanId: '2'.repeat(16), sampled: true },
  ...{ attributes: {}, events: [], links: [] },
};

function bench(send: SpanExporter['send'], queueMax = 1000) {
  const clock = handClock();
  const { log, events } = keptLog();
  const ends: string[] = [];
  const exporter = { send, close: () => void ends.push('closed') };
  const limits = { queueMax, flushMs: 2_000, timeoutMs: 10_000 };
  const queue = openSpanQueue(limits, { clock, log, exporter });
  const add = (count: number): void => {
    for (let nth = 0; nth < count; nth += 1) queue.add(SPAN);
  };
  return { clock, queue, events, ends, add };
}

describe('ended spans', () => {
  it('go out together, a while after the first', async () => {
    const sent: number[] = [];
    const { clock, queue, add } = bench((batch) => Promise.resolve(void sent.push(batch.length)));
    add(3);
    clock.turn(1_999);
    expect(sent).toEqual([]);
    clock.turn(1);
    await settle();
    expect(sent).toEqual([3]);
    expect(queue.stats()).toMatchObject({ waiting: 0, exported: 3, dropped: 0, failed: 0 });
    expect(clock.pending()).toBe(0);
  });

  it('are dropped and counted when there is no room for more', () => {
    const { queue, add } = bench(() => new Promise(() => undefined), 300);
    add(1_000);
    // One batch is on its way.
    expect(queue.stats()).toMatchObject({ waiting: 300, dropped: 1_000 - 300 - 256 });
  });

  it('that a silent collector holds are given up in time; one line says so', async () => {
    const { clock, queue, events, add } = bench(() => new Promise(() => undefined));
    for (let nth = 0; nth < 3; nth += 1) {
      add(1);
      clock.turn(12_000);
      await settle();
    }
    expect(queue.stats()).toMatchObject({ failed: 3, waiting: 0 });
    expect(events).toEqual(['traces_lost']);
  });

  it('go out at the end, and what cannot by then is left behind', async () => {
    const sent: number[] = [];
    const good = bench((batch) => Promise.resolve(void sent.push(batch.length)));
    good.add(600);
    await good.queue.close(1_000);
    expect(sent.reduce((sum, count) => sum + count, 0)).toBe(600);
    expect(good.ends).toEqual(['closed']);

    const silent = bench(() => new Promise(() => undefined));
    silent.add(600);
    const closed = silent.queue.close(1_000);
    silent.clock.turn(1_000);
    await closed;
    expect(silent.ends).toEqual(['closed']);
    expect(silent.queue.stats()).toMatchObject({ waiting: 0, dropped: 600 - 256 });
  });
});
