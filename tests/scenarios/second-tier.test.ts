/** Two nodes and one Redis: what one computed the other gives, with its true age and to its own. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bearer, isFor, openScene, statusOf, untilEntries, type Scene } from './second-kit.js';

let scene: Scene;
beforeEach(async () => {
  scene = await openScene();
});
afterEach(() => scene.close());

describe('the second tier', () => {
  it('gives on one node what another has computed, as old as it is', async () => {
    const [one, other] = [await scene.node(), await scene.node()];
    const first = await one.get('/plain/a');
    expect(statusOf(first)).toBe('leyden; fwd=uri-miss; stored');
    await untilEntries(scene, 1);
    for (const { running } of [one, other]) running.clock.turn(12_000);
    const second = await other.get('/plain/a');
    expect(statusOf(second)).toMatch(/^leyden; hit; ttl=4[78]; detail=l2$/);
    expect(second.headers['age']).toMatch(/^1[23]$/);
    expect(second.body).toBe(first.body);
    expect(second.headers['etag']).toBe(first.headers['etag']);
    const third = await other.get('/plain/a');
    expect(statusOf(third)).toMatch(/detail=l1$/);
    expect(scene.origin.calls).toHaveLength(1);
    expect(await other.metric('leyden_hits_total')).toBe(2);
    expect(await other.metric('leyden_misses_total')).toBe(0);
  });

  it('asks it once however many wait, and each of them has a hit', async () => {
    const [one, other] = [await scene.node(), await scene.node()];
    await one.get('/plain/a');
    await untilEntries(scene, 1);
    const answers = await Promise.all(Array.from({ length: 50 }, () => other.get('/plain/a')));
    expect(new Set(answers.map((answer) => statusOf(answer).slice(0, 11)))).toEqual(
      new Set(['leyden; hit']),
    );
    expect(scene.origin.calls).toHaveLength(1);
    expect(await other.metric('leyden_second_tier_reads_total')).toBe(1);
  });

  it('keeps what is whose: nobody gets another’s answer from it', async () => {
    const [one, other] = [await scene.node(), await scene.node()];
    const users = ['ann', 'ben', 'cid', undefined];
    const asked = (name: string | undefined) => (name === undefined ? {} : bearer(name));
    for (const name of users) await one.get('/plain/a', asked(name));
    await untilEntries(scene, 4);
    for (const name of users) {
      const answer = await other.get('/plain/a', asked(name));
      expect(statusOf(answer)).toMatch(/detail=l2$/);
      expect(isFor(answer, name)).toBe(true);
    }
    expect(scene.origin.calls).toHaveLength(4);
  });

  it('gives out an old answer as old, and refreshes it behind', async () => {
    const [one, other] = [await scene.node(), await scene.node()];
    const first = await one.get('/plain/a');
    await untilEntries(scene, 1);
    for (const { running } of [one, other]) running.clock.turn(70_000);
    const old = await other.get('/plain/a');
    expect(statusOf(old)).toMatch(/^leyden; hit; ttl=-1[01]; detail=revalidating$/);
    expect(old.body).toBe(first.body);
    await scene.origin.asked(2);
  });

  it('lets an old answer from there stand in for an upstream that fails', async () => {
    const [one, other] = [await scene.node(), await scene.node()];
    const first = await one.get('/plain/a');
    await untilEntries(scene, 1);
    scene.origin.answer((_req, res) => res.socket?.destroy());
    for (const { running } of [one, other]) running.clock.turn(120_000);
    const old = await other.get('/plain/a');
    expect(statusOf(old)).toMatch(/detail=if-error$/);
    expect(old.body).toBe(first.body);
  });

  it('refreshes from there what another node has refreshed already', async () => {
    const [one, other] = [await scene.node(), await scene.node()];
    await one.get('/plain/a');
    await untilEntries(scene, 1);
    await other.get('/plain/a');
    for (const { running } of [one, other]) running.clock.turn(70_000);
    await one.get('/plain/a');
    await one.untilMetric('leyden_second_tier_written_total', 2);
    // It is told that there is a newer one, or finds it when it refreshes its own.
    while (!/; ttl=5\d; detail=l1$/.test(statusOf(await other.get('/plain/a'))));
    expect(await other.metric('leyden_second_tier_reads_total{outcome="good"}')).toBe(2);
    expect(scene.origin.calls).toHaveLength(2);
  });

  it('R19: a clock that is an hour wrong costs misses, and no answer lives longer', async () => {
    const [one, ahead] = [await scene.node(), await scene.node()];
    ahead.running.clock.turn(3_600_000);
    await one.get('/plain/a');
    await ahead.get('/plain/b');
    await untilEntries(scene, 2);
    // There it is long over; here it has not been made yet.
    expect(statusOf(await ahead.get('/plain/a'))).toMatch(/fwd=uri-miss/);
    expect(statusOf(await one.get('/plain/b'))).toMatch(/fwd=uri-miss/);
    expect(scene.origin.calls).toHaveLength(4);
  });

  it.each([
    ['writes what still waits', '10s', []],
    ['says what it could not write in time', '1ms', [expect.stringContaining('second_tier_un')]],
  ])('a node that ends %s', async (_what, closeWait, said) => {
    const one = await scene.node({ redis: `tier: { closeWait: ${closeWait} }` });
    scene.proxy.set({ kind: 'latency', delayMs: 200 });
    // More than are written at once.
    const paths = Array.from({ length: 60 }, (_, nth) => `/plain/${nth}`);
    await Promise.all(paths.map((path) => one.get(path)));
    await one.running.close();
    const lines = one.running.lines().filter((line) => line.includes('second_tier'));
    expect(lines).toEqual(said);
    if (said.length === 0) expect(await scene.entries()).toHaveLength(60);
  });

  it('has one computation for callers of both nodes', async () => {
    const [one, other] = [await scene.node(), await scene.node()];
    let answerNow: () => void = () => undefined;
    scene.origin.answer((_req, res) => {
      answerNow = () => res.end('slow');
    });
    const asked = [one, other].flatMap((node) =>
      Array.from({ length: 20 }, () => node.get('/plain/slow')),
    );
    await scene.origin.asked(1);
    await other.untilMetric('leyden_second_tier_reads_total', 1);
    await one.untilMetric('leyden_second_tier_reads_total', 1);
    answerNow();
    const answers = await Promise.all(asked);
    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['slow']));
    expect(scene.origin.calls).toHaveLength(1);
    expect(scene.fleet.leads.size).toBe(0);
  });
});
