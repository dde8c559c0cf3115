/** Whoever watches a calibration hears how far it is, and costs the service a bounded little. */
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ProgressBoard } from '../../src/energy/progress.js';
import type { EnergyService } from '../../src/energy/service.js';
import { Watchers } from '../../src/energy/watchers.js';
import { eventsOf, type Events } from '../fakes/events.js';
import { handClock } from '../fakes/hand-clock.js';
import { settle, until } from '../fakes/waiting.js';
import { ask, closeAll, service } from './service-kit.js';

afterEach(closeAll);

const PATH = '/energy/calibrate/progress';
const plain = { query: undefined, headers: [], body: undefined };

async function watch(energy: EnergyService): Promise<Events & { leave: () => void }> {
  const { status, headers, body } = await energy.answer({ method: 'GET', path: PATH, ...plain });
  expect(status).toBe(200);
  expect(headers).toEqual(expect.arrayContaining(['text/event-stream', 'no-store']));
  if (Buffer.isBuffer(body)) throw new Error('the answer is over at once');
  return { ...eventsOf(body), leave: () => body.destroy() };
}

describe('GET /energy/calibrate/progress', () => {
  it('tells each step of a calibration, up to its end', async () => {
    const energy = service();
    const events = await watch(energy);
    await ask(energy, 'POST', '/energy/calibrate', { tasks: 4, swarm: false });
    await events.said(/"state":"finished"/);
    const all = events.all();
    expect(all[0]).toMatchObject({ state: 'waiting', done: 0, total: 5, applied: true });
    expect(all.at(-1)).toMatchObject({ state: 'finished', done: 5, total: 5, state_version: 1 });
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    const steps = all.map(({ done }) => done);
    expect(steps).toEqual([...steps].sort((one, other) => one - other));
    expect(events.text().startsWith('retry: 2000\n\n')).toBe(true);
  });

  it('who comes in the middle is told at once of what is running', async () => {
    const energy = service({ agents: 256 });
    let late: Promise<Events> | undefined;
    energy.onProgress(({ state }) => {
      if (state === 'running') late ??= watch(energy);
    });
    await ask(energy, 'POST', '/energy/calibrate', { tasks: 50 });
    const events = await late;
    await events?.said(/"state":"finished"/);
    expect(events?.all()[0]?.state).toBe('running');
  });

  it('as many watch as may; one more gets 503 with Retry-After until one leaves', async () => {
    const energy = service({ watchersMax: 2 });
    const first = await watch(energy);
    await watch(energy);
    const refused = await ask(energy, 'GET', PATH);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(energy.watchers()).toEqual({ open: 2, max: 2, refused: 1 });
    first.leave();
    await until(() => energy.watchers().open === 1);
    await watch(energy);
  });

  it('HEAD opens nothing, query fields are refused, and other methods are 405', async () => {
    const energy = service();
    expect(await ask(energy, 'HEAD', PATH)).toMatchObject({ status: 200, json: {} });
    expect((await ask(energy, 'GET', `${PATH}?id=1`)).status).toBe(400);
    expect((await ask(energy, 'POST', PATH)).status).toBe(405);
    expect(energy.watchers().open).toBe(0);
  });

  it('a shutdown says goodbye to those who watch, and takes no more', async () => {
    const energy = service();
    const events = await watch(energy);
    energy.endWatching();
    expect(await events.ended).toBe('ended');
    expect((await ask(energy, 'GET', PATH)).status).toBe(503);
  });
});

describe('a watcher', () => {
  const options = { watchersMax: 4, heartbeatMs: 15_000, watchMs: 600_000 };
  const about = { version: 1, applied: false, startedAtMs: 0, total: 12 };

  function open(): { board: ProgressBoard; clock: ReturnType<typeof handClock>; all: Watchers } {
    const clock = handClock();
    const board = new ProgressBoard();
    return { board, clock, all: new Watchers(options, board, clock) };
  }

  it('hears a heartbeat while nothing happens, and after ten minutes a clean end', async () => {
    const { clock, all } = open();
    const events = eventsOf(all.watch() ?? Readable.from([]));
    await events.said(/retry/);
    clock.turn(30_000);
    await events.said(/(: still here\n\n){2}/);
    clock.turn(570_000);
    expect(await events.ended).toBe('ended');
    await until(() => all.stats().open === 0);
    expect(clock.pending()).toBe(0);
  });

  it('who does not read costs a bounded list; what he reads then is the newest', async () => {
    const { board, clock, all } = open();
    const stream = all.watch();
    const id = board.begin(about);
    for (let done = 1; done <= 10_000; done += 1) board.move(id, done % 12, 12);
    for (let nth = 0; nth < 1000; nth += 1) board.end(board.begin(about), 'failed');
    board.end(id, 'finished');
    clock.turn(60_000);
    await settle();
    expect(stream?.readableLength).toBeLessThan(64 * 1024);
    const events = eventsOf(stream ?? Readable.from([]));
    await events.said(/"state":"finished"/);
    expect(events.all().length).toBeLessThan(300);
    expect(
      events
        .all()
        .filter((one) => one.id === id)
        .at(-1)?.state,
    ).toBe('finished');
  });

  it('who leaves takes his timers and his ear along', async () => {
    const { board, clock, all } = open();
    all.watch()?.destroy();
    await until(() => all.stats().open === 0);
    board.end(board.begin(about), 'finished');
    expect(clock.pending()).toBe(0);
  });
});
