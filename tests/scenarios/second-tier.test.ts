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
    const old = await other.get('/plain/a');
    expect(statusOf(old)).toMatch(/detail=revalidating$/);
    await other.untilMetric('leyden_second_tier_reads_total{outcome="good"}', 2);
    expect(statusOf(await other.get('/plain/a'))).toMatch(/detail=l1$/);
    expect(scene.origin.calls).toHaveLength(2);
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
