/** An answer of the built-in service that goes on: its pace is the reader's, and so is its end. */
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { openDirectory, type Directory } from '../../src/upstream/directory.js';
import type { LocalReply } from '../../src/upstream/local.js';
import { eventsOf } from '../fakes/events.js';
import { settle, until } from '../fakes/waiting.js';
import { OPTIONS, codeOf, openHandClock, quietLog, request } from './kit.js';

interface Endless {
  readonly directory: Directory;
  readonly streams: Readable[];
  readonly clock: ReturnType<typeof openHandClock>;
  /** Chunks that were asked for. */
  readonly pulls: () => number;
  hold: Promise<void>;
}

/** A service whose answers never end by themselves. */
function endless(): Endless {
  const clock = openHandClock();
  const streams: Readable[] = [];
  let pulls = 0;
  const answer = async (): Promise<LocalReply> => {
    await one.hold;
    const body = new Readable({
      read() {
        pulls += 1;
        this.push(Buffer.alloc(16_384));
      },
    });
    streams.push(body);
    return { status: 200, headers: [], body };
  };
  const test = { ...OPTIONS, connections: 1, queued: 0, localBodyBytesMax: 10 };
  const directory = openDirectory(
    { test },
    { clock, log: quietLog(), random: () => 0.5, local: { answer } },
  );
  const one: Endless = { directory, streams, clock, pulls: () => pulls, hold: Promise.resolve() };
  return one;
}

async function bodyOf({ directory }: Endless, signal?: AbortSignal): Promise<Readable> {
  const { body } = await directory.fetch(request({ signal }));
  if (!(body instanceof Readable)) throw new Error('the answer is over at once');
  return body;
}

describe('an answer of the built-in service that goes on', () => {
  it('flows no faster than it is read', async () => {
    const one = endless();
    const body = await bodyOf(one);
    await settle(50);
    expect(one.pulls()).toBeLessThan(10);
    body.read();
    await settle(50);
    expect(one.pulls()).toBeLessThan(20);
    body.destroy();
  });

  it('holds its place until its reader leaves', async () => {
    const one = endless();
    const body = await bodyOf(one);
    expect(one.directory.stats()['test']).toMatchObject({ inUse: 1 });
    expect(await codeOf(one.directory.fetch(request({})))).toBe('busy');
    body.destroy();
    await until(() => one.directory.stats()['test']?.inUse === 0);
    (await bodyOf(one)).destroy();
  });

  it('breaks off when its caller has gone, and when the directory closes', async () => {
    const one = endless();
    const gone = new AbortController();
    const left = eventsOf(await bodyOf(one, gone.signal));
    gone.abort();
    expect(await left.ended).toBe('broken');
    await until(() => one.directory.stats()['test']?.inUse === 0);
    const closed = eventsOf(await bodyOf(one));
    const closing = one.directory.close(100);
    one.clock.turn(100);
    await closing;
    expect(await closed.ended).toBe('broken');
  });

  it('one that comes after its deadline is let go, and HEAD takes none', async () => {
    const one = endless();
    await one.directory.fetch(request({ method: 'HEAD' }));
    expect(one.streams[0]?.destroyed).toBe(true);
    await until(() => one.directory.stats()['test']?.inUse === 0);
    let release = (): void => undefined;
    one.hold = new Promise((resolve) => {
      release = resolve;
    });
    const late = codeOf(one.directory.fetch(request({})));
    await settle();
    one.clock.turn(OPTIONS.headMs);
    expect(await late).toBe('head_timeout');
    release();
    await until(() => one.streams[1]?.destroyed === true);
    expect(one.directory.stats()['test']).toMatchObject({ inUse: 0 });
  });
});
