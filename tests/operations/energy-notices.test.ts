/** Gateways elsewhere hear of every change of the state, however long they were away. */
import { describe, expect, it } from '@jest/globals';
import { Failure } from '../../src/errors.js';
import type { Reply, UpstreamRequest } from '../../src/message.js';
import { openNotices, type Notices } from '../../src/operations/energy-notices.js';
import { quiet } from '../energy/service-kit.js';
import { handClock } from '../fakes/hand-clock.js';
import { bytesOf, settle } from '../fakes/waiting.js';

const OPTIONS = { token: 'a-token', waitMs: 2000, retryFirstMs: 200, retryMaxMs: 1000 };

/** A gateway that answers when and as it is told. */
class FakeGateway {
  readonly url: string;
  readonly calls: UpstreamRequest[] = [];
  status: number | 'unreachable' | 'silent' = 200;
  readonly #held: (() => void)[] = [];

  constructor(name: string) {
    this.url = `http://${name}`;
  }

  readonly fetch = async (request: UpstreamRequest): Promise<Reply> => {
    this.calls.push(request);
    await settle(1);
    if (this.status === 'silent') await new Promise<void>((resolve) => this.#held.push(resolve));
    if (typeof this.status === 'string') throw new Failure('connect');
    return { status: this.status, headers: [], body: undefined };
  };

  release(status: number): void {
    this.status = status;
    for (const resolve of this.#held.splice(0)) resolve();
  }
}

function open(...names: string[]) {
  const clock = handClock();
  const gateways = names.map((name) => new FakeGateway(name));
  const notices: Notices = openNotices({ ...OPTIONS, gateways }, { clock, log: quiet });
  return { clock, gateways, notices };
}

describe('a change of the state', () => {
  it('is told to every gateway, with the token, and waited for', async () => {
    const { clock, gateways, notices } = open('one', 'two');
    notices.tell();
    await notices.settled();
    for (const { calls } of gateways) {
      expect(calls).toHaveLength(1);
      expect(calls[0]).toMatchObject({ method: 'POST', target: '/admin/cache/invalidate' });
      expect(calls[0]?.headers).toEqual(
        expect.arrayContaining(['Bearer a-token', 'application/json']),
      );
      const { body } = calls[0] ?? {};
      expect(JSON.parse((await bytesOf(body)).toString())).toEqual({
        ...{ type: 'tag', selectors: ['energy'], mode: 'delete' },
      });
    }
    expect(notices.stats()[0]).toEqual({ url: 'http://one', heard: 1, failed: 0, pending: false });
    expect(clock.pending()).toBe(0);
  });

  it('a thousand changes at once are one call, and one behind it', async () => {
    const { gateways, notices } = open('one');
    for (let nth = 0; nth < 1000; nth += 1) notices.tell();
    await notices.settled();
    expect(gateways[0]?.calls).toHaveLength(2);
  });

  it('is said again, later and later, to a gateway that was away', async () => {
    const { clock, gateways, notices } = open('one');
    const [gateway] = gateways as [FakeGateway];
    gateway.status = 'unreachable';
    notices.tell();
    await settle();
    for (const [delayMs, calls] of [
      [200, 2],
      [400, 3],
      [800, 4],
      [1000, 5],
    ] as const) {
      clock.turn(delayMs - 1);
      await settle();
      expect(gateway.calls).toHaveLength(calls - 1);
      clock.turn(1);
      await settle();
      expect(gateway.calls).toHaveLength(calls);
    }
    expect(notices.stats()[0]).toMatchObject({ heard: 0, failed: 5, pending: true });
    // Nobody's act waits for one that is known to be away.
    notices.tell();
    await notices.settled();
    gateway.status = 200;
    clock.turn(1000);
    await settle();
    expect(notices.stats()[0]).toMatchObject({ heard: 1, failed: 5, pending: false });
  });

  it('a refusal counts as not heard: 401, 404 and 500 are told again', async () => {
    for (const status of [401, 404, 500]) {
      const { clock, gateways, notices } = open('one');
      const [gateway] = gateways as [FakeGateway];
      gateway.status = status;
      notices.tell();
      await settle();
      expect(notices.stats()[0]).toMatchObject({ failed: 1, pending: true });
      gateway.status = 202;
      clock.turn(200);
      await notices.settled();
      await settle();
      expect(notices.stats()[0]).toMatchObject({ heard: 1, pending: false });
    }
  });

  it('an act waits two seconds at most for a gateway that says nothing', async () => {
    const { clock, gateways, notices } = open('one');
    const [gateway] = gateways as [FakeGateway];
    gateway.status = 'silent';
    notices.tell();
    let waited = false;
    const waiting = notices.settled().then(() => {
      waited = true;
    });
    clock.turn(1999);
    await settle();
    expect(waited).toBe(false);
    clock.turn(1);
    await waiting;
    gateway.release(200);
    await settle();
    expect(notices.stats()[0]).toMatchObject({ heard: 1, pending: false });
  });

  it('closing ends every pause, and nothing is told any more', async () => {
    const { clock, gateways, notices } = open('one');
    const [gateway] = gateways as [FakeGateway];
    gateway.status = 'unreachable';
    notices.tell();
    await settle();
    notices.close();
    notices.tell();
    await notices.settled();
    await settle();
    expect(clock.pending()).toBe(0);
    expect(gateway.calls).toHaveLength(1);
  });
});
