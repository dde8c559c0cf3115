/** Upstreams that are slow, sick or flapping while many ask: one question, few retries, a rest. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { settle, until } from '../fakes/waiting.js';
import { answer } from '../upstream/raw-origin.js';
import {
  NEVER_SICK,
  openFaultScene,
  type FaultScene,
  type FaultSceneOptions,
} from './upstream-kit.js';

let scene: FaultScene;
async function open(options?: FaultSceneOptions): Promise<void> {
  scene = await openFaultScene(options);
}
afterEach(() => scene.close());

const BREAKS = 'sick: { failures: 1000, share: 50%, calls: 20, within: 60s, retry: 5s }';
/** The longest rest: five seconds and a fifth. */
const REST_MS = 6_001;
const pathOf = (line: string | undefined): string => line?.split(' ')[1] ?? '';
const events = (): string[] =>
  scene.running
    .lines()
    .map((line) => (JSON.parse(line) as { event: string }).event)
    .filter((event) => event.startsWith('upstream.'));

describe('a slow upstream', () => {
  it('U4: is asked once for many callers, and those above the cap learn it at once', async () => {
    await open({ upstream: NEVER_SICK, top: 'cache: { waitersMax: 10 }\n' });
    scene.script(() => undefined);
    const refused: string[] = [];
    const served = Array.from({ length: 30 }, async () => {
      const { status, body, headers } = await scene.get('/kept/u4');
      if (status === 503)
        refused.push(`${body.includes('too_many_waiters')} ${headers['retry-after']}`);
      return status;
    });
    await scene.origin.heardHeads(1);
    await until(() => refused.length >= 19);
    scene.origin.sockets.at(-1)?.write(answer('slow'));
    const statuses = await Promise.all(served);
    expect(statuses.filter((status) => status === 200).length).toBe(30 - refused.length);
    expect(refused.length).toBeLessThanOrEqual(20);
    expect(new Set(refused)).toEqual(new Set(['true 1']));
    expect(scene.origin.heads).toHaveLength(1);
    expect(await scene.isKept('/kept/u4')).toBe(true);
  });

  it('U4: asked too much, says when to come again', async () => {
    await open({ upstream: NEVER_SICK, top: 'budget: { concurrent: 1, queued: 1 }\n' });
    scene.script(() => undefined);
    const held = scene.see('/kept/u4/1');
    await scene.origin.heardHeads(1);
    const waits = scene.see('/kept/u4/2');
    const waiting = 'leyden_budget_waiting{upstream="some"';
    while ((await scene.metric(waiting)) === 0) await settle();
    const third = await scene.get('/kept/u4/3');
    scene.origin.sockets[0]?.write(answer('first'));
    await scene.origin.heardHeads(2);
    scene.origin.sockets.at(-1)?.write(answer('second'));
    const told = [await held, await waits, `${third.status} ${third.headers['retry-after']}`];
    expect(told).toEqual(['200 first', '200 second', '503 1']);
  });
});

describe('a storm of errors', () => {
  it('U18: costs nothing after its twentieth, and one good probe ends it', async () => {
    await open({ upstream: BREAKS });
    scene.says(answer('old'));
    expect(await scene.see('/old/x')).toBe('200 old');
    scene.running.clock.turn(31_000);
    scene.says(answer('no', '', '500 X'));
    for (let nth = 2; nth <= 20; nth += 1) expect(await scene.see(`/plain/${nth}`)).toBe('500 no');
    const refusal = await scene.get('/kept/x');
    expect(refusal.status).toBe(503);
    expect(refusal.body).toContain('upstream_sick');
    expect(refusal.headers['cache-status']).toBe('leyden; detail=upstream_sick');
    expect(Number(refusal.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(Number(refusal.headers['retry-after'])).toBeLessThanOrEqual(6);
    expect(await scene.see('/old/x')).toBe('200 old');
    expect(scene.origin.heads).toHaveLength(20);
    expect(await scene.metric('leyden_upstream_breaker_state{upstream="some"')).toBe(2);
    expect(await scene.metric('leyden_upstream_sick_refused_total{upstream="some"')).toBe(2);
    expect(events()).toEqual(['upstream.sick']);

    // The rest is over: of many only one goes through, and its error prolongs the rest.
    scene.running.clock.turn(REST_MS);
    scene.script(() => undefined);
    const probe = scene.see('/plain/probe');
    await scene.origin.heardHeads(21);
    expect(await scene.metric('leyden_upstream_breaker_state{upstream="some"')).toBe(1);
    expect(await scene.see('/plain/other')).toBe('503 upstream_sick');
    scene.origin.sockets.at(-1)?.write(answer('no', '', '500 X'));
    expect(await probe).toBe('500 no');
    expect(await scene.see('/plain/other')).toBe('503 upstream_sick');

    scene.running.clock.turn(REST_MS);
    expect(await scene.isKept('/kept/x')).toBe(false);
    expect(await scene.see('/plain/x')).toBe('200 whole');
    expect(await scene.metric('leyden_upstream_breaker_state{upstream="some"')).toBe(0);
    expect(events()).toEqual(['upstream.sick', 'upstream.well']);
  });

  it('U19: a 401 or 403 for one caller, however often, counts for nothing', async () => {
    await open({ upstream: BREAKS });
    for (const status of ['401 Unauthorized', '403 Forbidden', '404 Not Found', '429 Slow']) {
      scene.says(answer('no', '', status));
      for (let nth = 0; nth < 25; nth += 1) {
        expect(await scene.see(`/kept/${status.slice(0, 3)}`)).toBe(`${status.slice(0, 3)} no`);
      }
    }
    expect(scene.origin.heads).toHaveLength(100);
    expect(await scene.metric('leyden_upstream_breaker_state{upstream="some"')).toBe(0);
    expect(events()).toEqual([]);
  });
});

describe('an upstream that flaps', () => {
  it('U21: between 200 and 500 is never asked twice, and only its 200s are kept', async () => {
    await open({ upstream: NEVER_SICK });
    scene.script((socket, head) => {
      const isGood = Number(pathOf(head).slice(-1)) % 2 === 0;
      socket.write(isGood ? answer('good') : answer('no', '', '500 X'));
    });
    for (let nth = 0; nth < 10; nth += 1) {
      expect(await scene.see(`/kept/${nth}`)).toBe(nth % 2 === 0 ? '200 good' : '500 no');
    }
    expect(scene.origin.heads).toHaveLength(10);
    for (let nth = 0; nth < 10; nth += 1) await scene.see(`/kept/${nth}`);
    expect(scene.origin.heads).toHaveLength(15);
    expect(await scene.metric('leyden_upstream_retries_total{upstream="some"')).toBe(0);
  });

  it('U21: by hanging up is asked again for a tenth of the traffic and a few more', async () => {
    await open({ upstream: NEVER_SICK });
    const ASKED = 200;
    scene.script((socket) => socket.resetAndDestroy());
    const clock = scene.running.clock;
    const beganMs = clock.nowMs();
    for (let nth = 0; nth < ASKED; nth += 1) {
      expect(await scene.see(`/kept/${nth}`)).toBe('502 reset');
    }
    // The reserve, a tenth, and one for each second that the test took.
    const most = 10 + ASKED / 10 + Math.ceil((clock.nowMs() - beganMs) / 1000);
    const retries = scene.origin.heads.length - ASKED;
    expect(retries).toBeGreaterThanOrEqual(10);
    expect(retries).toBeLessThanOrEqual(most);
    expect(await scene.metric('leyden_upstream_retries_total{upstream="some"')).toBe(retries);
    expect(await scene.metric('leyden_upstream_retries_refused_total{upstream="some"')).toBe(
      ASKED - retries,
    );
  });
});
