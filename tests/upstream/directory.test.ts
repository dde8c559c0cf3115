/** Upstreams by name: which origin is asked, which is left out, what a reload and a close do. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { systemClock, type Clock } from '../../src/clock.js';
import { Failure } from '../../src/errors.js';
import {
  openDirectory,
  type Directory,
  type UpstreamOptions,
} from '../../src/upstream/directory.js';
import { OPTIONS, closed, codeOf, handBody, openHandClock, quietLog } from './kit.js';
import { request, settle, text } from './kit.js';
import { answer, closeRawOrigins, openRawOrigin, raw } from './raw-origin.js';

const directories: Directory[] = [];
const names = (name: string) => raw((socket) => socket.write(answer(name)));
const over = (url: readonly string[], more: Partial<UpstreamOptions> = {}) => ({
  test: { ...OPTIONS, ...more, url },
});
let lines: string[] = [];
function open(
  options: Readonly<Record<string, UpstreamOptions>>,
  clock: Clock = systemClock,
): Directory {
  lines = [];
  const one = openDirectory(options, { clock, log: quietLog(lines), random: () => 0.5 });
  directories.push(one);
  return one;
}
const ask = async (one: Directory): Promise<string> => text((await one.fetch(request())).body);
afterEach(async () => {
  await Promise.all(directories.splice(0).map((one) => one.close(0)));
  await closeRawOrigins();
});

/** An address where nobody listens, until somebody does. */
async function deadUrl(): Promise<string> {
  const one = await openRawOrigin(() => undefined);
  await one.close();
  return one.url;
}

describe('several origins under one name', () => {
  it('are asked in turn while they are equally busy', async () => {
    const [a, b] = [await names('a'), await names('b')];
    const one = open(over([a.url, b.url]));
    const said = [await ask(one), await ask(one), await ask(one), await ask(one)];
    expect(said).toEqual(['a', 'b', 'a', 'b']);
  });

  it('the less busy one is asked', async () => {
    const [slow, quick] = [await raw(() => undefined), await names('quick')];
    const one = open(over([slow.url, quick.url]));
    const stuck = codeOf(one.fetch(request()));
    await slow.heardHeads(1);
    const said = [await ask(one), await ask(one), await ask(one)];
    expect(said).toEqual(['quick', 'quick', 'quick']);
    await one.close(0);
    expect(await stuck).toBe('draining');
  });

  it('one that cannot be reached costs nobody an answer, not even a POST', async () => {
    const good = await raw((socket, head) => socket.write(answer(head.slice(0, 4).trim())));
    const one = open(over([await deadUrl(), good.url]));
    expect(await ask(one)).toBe('GET');
    const reply = await one.fetch(request({ method: 'POST', body: Buffer.from('x') }));
    expect(await text(reply.body)).toBe('POST');
    const body = handBody();
    body.push('x');
    body.push(null);
    const streamed = await one.fetch(request({ method: 'POST', body }));
    expect(await text(streamed.body)).toBe('POST');
  });
});

describe('a sick origin', () => {
  it('is left out after three failures in a row, then asked again by one request', async () => {
    const clock = openHandClock();
    const url = await deadUrl();
    const one = open(over([url]), clock);
    for (let nth = 0; nth < 3; nth += 1) {
      expect(await codeOf(one.fetch(request()))).toBe('connect');
    }
    // Left out: nobody connects any more, and callers learn when to come back.
    const refusal = await one.fetch(request()).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(refusal).toMatchObject({ code: 'upstream_sick', retryAfterS: 5 });
    expect(one.stats()['test']).toMatchObject({ sick: 1, errors: { connect: 3 } });
    clock.turn(4_999);
    expect(await codeOf(one.fetch(request()))).toBe('upstream_sick');
    // The first request after the rest is the probe; it fails, and the rest begins anew.
    clock.turn(1);
    const probe = codeOf(one.fetch(request()));
    expect(await codeOf(one.fetch(request()))).toBe('upstream_sick');
    expect(await probe).toBe('connect');
    expect(await codeOf(one.fetch(request()))).toBe('upstream_sick');
    expect(one.stats()['test']).toMatchObject({ sick: 1, errors: { connect: 4 } });
    expect(lines).toEqual(['upstream.sick']);
  });

  it('is well again as soon as its probe is answered', async () => {
    const clock = openHandClock();
    let silent = true;
    const server = await raw((socket) => {
      if (!silent) socket.write(answer('well'));
    });
    const one = open(over([server.url]), clock);
    for (let nth = 1; nth <= 3; nth += 1) {
      const failed = codeOf(one.fetch(request()));
      await server.heardHeads(nth);
      clock.turn(OPTIONS.headMs);
      expect(await failed).toBe('head_timeout');
    }
    silent = false;
    expect(await codeOf(one.fetch(request()))).toBe('upstream_sick');
    clock.turn(OPTIONS.sickForMs);
    expect(await ask(one)).toBe('well');
    expect(one.stats()['test']?.sick).toBe(0);
    expect(lines).toEqual(['upstream.sick', 'upstream.well']);
  });

  it('a probe whose caller leaves proves nothing, and the next request probes', async () => {
    const clock = openHandClock();
    const server = await raw((socket, _head, nth) => {
      if (nth === 5) socket.write(answer('well'));
    });
    const one = open(over([server.url]), clock);
    for (let nth = 1; nth <= 3; nth += 1) {
      const failed = codeOf(one.fetch(request()));
      await server.heardHeads(nth);
      clock.turn(OPTIONS.headMs);
      await failed;
    }
    clock.turn(OPTIONS.sickForMs);
    const gone = new AbortController();
    const probe = codeOf(one.fetch(request({ signal: gone.signal })));
    await server.heardHeads(4);
    gone.abort();
    expect(await probe).toBe('abandoned');
    expect(await ask(one)).toBe('well');
  });

  it('the others go on without it', async () => {
    const good = await names('good');
    const one = open(over([await deadUrl(), good.url]));
    for (let nth = 0; nth < 12; nth += 1) expect(await ask(one)).toBe('good');
    const stats = one.stats()['test'];
    expect(stats).toMatchObject({ sick: 1, errors: { connect: 3 } });
    expect(stats?.origins.map((each) => each.sick)).toEqual([true, false]);
  });

  it('error answers do not make an origin sick', async () => {
    const server = await raw((socket) => socket.write(answer('no', '', '500 X')));
    const one = open(over([server.url]));
    for (let nth = 0; nth < 5; nth += 1) expect((await one.fetch(request())).status).toBe(500);
    expect(one.stats()['test']?.sick).toBe(0);
  });
});

describe('a reload', () => {
  it('keeps the sockets of an origin that stays, and lets one that goes answer first', async () => {
    const [stays, goes] = [await names('stays'), await raw(() => undefined)];
    const one = open(over([stays.url, goes.url], { connections: 1 }));
    expect(await ask(one)).toBe('stays');
    const last = one.fetch(request());
    await goes.heardHeads(1);
    one.replace(over([stays.url], { connections: 1 }));
    expect([await ask(one), await ask(one)]).toEqual(['stays', 'stays']);
    expect(stays.sockets).toHaveLength(1);
    goes.sockets[0]!.write(answer('goes'));
    expect(await text((await last).body)).toBe('goes');
    await closed(goes.sockets[0]!);
    expect(one.stats()['test']?.origins.map((each) => each.url)).toEqual([stays.url]);
  });

  it('opens an origin anew when its limits have changed', async () => {
    const server = await names('a');
    const one = open(over([server.url], { connections: 1 }));
    await ask(one);
    one.replace(over([server.url], { connections: 1, headMs: 1 }));
    await closed(server.sockets[0]!);
    expect(one.stats()['test']).toMatchObject({ opened: 0 });
  });

  it('a wrong address is refused and leaves everything as it was', async () => {
    const server = await names('a');
    const one = open(over([server.url]));
    expect(() => {
      one.replace(over(['nonsense']));
    }).toThrow('An upstream url must be');
    expect(await ask(one)).toBe('a');
  });
});

describe('the end', () => {
  it('waits for what is under way, refuses what is new, and leaves no socket', async () => {
    const server = await raw(() => undefined);
    const one = open(over([server.url]));
    const last = one.fetch(request());
    await server.heardHeads(1);
    const end = one.close(10_000);
    expect(await codeOf(one.fetch(request()))).toBe('draining');
    server.sockets[0]!.write(answer('last'));
    expect(await text((await last).body)).toBe('last');
    await end;
    await closed(server.sockets[0]!);
  });

  it('ends what is left at the limit', async () => {
    const clock = openHandClock();
    const server = await raw(() => undefined);
    const one = open(over([server.url]), clock);
    const stuck = codeOf(one.fetch(request()));
    await server.heardHeads(1);
    const end = one.close(1_000);
    await settle();
    clock.turn(1_000);
    await end;
    expect(await stuck).toBe('draining');
    await closed(server.sockets[0]!);
  });

  it('a name that nobody configured is our own fault', async () => {
    const failed: unknown = await open({})
      .fetch(request())
      .catch((thrown: unknown) => thrown);
    expect(failed).toBeInstanceOf(Failure);
    expect(failed).toMatchObject({ code: 'internal' });
  });
});
