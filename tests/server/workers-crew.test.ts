/** The crew of workers, on a clock turned by hand: who ends is started again, in no rush. */
import { describe, expect, it } from '@jest/globals';
import { openCrew } from '../../src/server/workers/crew.js';
import type { Child, Crew, Member } from '../../src/server/workers/crew-words.js';
import { handClock, type HandClock } from '../fakes/hand-clock.js';
import { keptLog } from '../fakes/kept-log.js';
import { settle } from '../fakes/waiting.js';

class FakeChild implements Child {
  readonly pid = 1;
  readonly sent: unknown[] = [];
  killed = 0;
  private hear: (message: unknown) => void = () => undefined;
  private end: (code: number | null, signal: string | null) => void = () => undefined;

  send(message: unknown): boolean {
    this.sent.push(message);
    return true;
  }
  onMessage(listener: (message: unknown) => void): void {
    this.hear = listener;
  }
  onExit(listener: (code: number | null, signal: string | null) => void): void {
    this.end = listener;
  }
  kill(): void {
    this.killed += 1;
  }
  says(word: object): void {
    this.hear({ line: 'told', word });
  }
  comesUp(): void {
    this.says({ kind: 'hello' });
    this.says({ kind: 'ready', address: '127.0.0.1', port: 8080, door: 'door' });
  }
  ends(code: number | null, signal: string | null = null): void {
    this.end(code, signal);
  }
}

interface Scene {
  readonly crew: Crew;
  readonly clock: HandClock;
  readonly children: FakeChild[];
  readonly events: string[];
  readonly begun: { readonly slot: number; readonly isFirst: boolean }[];
  readonly ended: Member[];
  /** The machine has no room for another process. */
  full: boolean;
}

function scene(size = 2): Scene {
  const clock = handClock();
  const { log, events } = keptLog();
  const children: FakeChild[] = [];
  const begun: { slot: number; isFirst: boolean }[] = [];
  const ended: Member[] = [];
  const crew = openCrew(
    {
      ...{ size, restartFirstMs: 100, restartMaxMs: 30_000, steadyMs: 60_000 },
      ...{ loopEnds: 3, loopMs: 60_000, startMs: 10_000, asksMax: 10 },
    },
    {
      ...{ clock, log },
      fork() {
        if (made.full) throw new Error('ENOMEM');
        const child = new FakeChild();
        children.push(child);
        return child;
      },
      begin(member, isFirst) {
        begun.push({ slot: member.slot, isFirst });
        return {};
      },
      handlersOf: () => ({ onTold: () => undefined, onAsked: () => undefined }),
      ended(member) {
        ended.push(member);
      },
    },
  );
  const made: Scene = { crew, clock, children, events, begun, ended, full: false };
  return made;
}

async function up(size = 2): Promise<Scene> {
  const it = scene(size);
  const starting = it.crew.start();
  for (const child of it.children) child.comesUp();
  await starting;
  return it;
}

describe('a crew', () => {
  it('is up when all of it is, and each is told to begin once it can hear', async () => {
    const { crew, begun, children } = await up();
    expect(crew.stats()).toMatchObject({ alive: 2, wanted: 2, deaths: 0 });
    expect(begun).toEqual([
      { slot: 1, isFirst: true },
      { slot: 2, isFirst: true },
    ]);
    expect(children[0]?.sent).toEqual([{ line: 'told', word: { kind: 'begin', begin: {} } }]);
  });

  it('does not start when one of them cannot, says why, and leaves none behind', async () => {
    const { crew, children } = scene();
    const starting = crew.start();
    children[0]?.comesUp();
    children[1]?.says({ kind: 'failed', sentence: 'Port 80 is taken.' });
    await expect(starting).rejects.toThrow('Port 80 is taken.');
    expect(children.map(({ killed }) => killed)).toEqual([1, 1]);
  });

  it('does not wait for ever for one that does not come up', async () => {
    const { crew, clock } = scene();
    const starting = crew.start();
    clock.turn(10_000);
    await expect(starting).rejects.toThrow('did not come up in time');
  });

  it('starts another in the place of one that died, which restores nothing', async () => {
    const { crew, clock, children, begun, ended } = await up();
    children[0]?.ends(null, 'SIGKILL');
    expect(crew.stats()).toMatchObject({ alive: 1, deaths: 1, restarts: 0 });
    expect(ended.map(({ worker }) => worker)).toEqual([1]);
    clock.turn(200);
    children[2]?.comesUp();
    expect(crew.stats()).toMatchObject({ alive: 2, restarts: 1 });
    expect(begun.at(-1)).toEqual({ slot: 1, isFirst: false });
    expect(crew.members().map(({ worker }) => worker)).toEqual([3, 2]);
  });

  it('waits longer each time for one that keeps dying, and says aloud that it does', async () => {
    const { crew, clock, children, events } = await up(1);
    const pauses: number[] = [];
    for (let nth = 0; nth < 12; nth += 1) {
      const before = children.length;
      children.at(-1)?.ends(1);
      let pausedMs = 0;
      while (children.length === before && pausedMs < 60_000) {
        clock.turn(100);
        pausedMs += 100;
      }
      pauses.push(pausedMs);
      children.at(-1)?.comesUp();
    }
    expect(pauses.slice(0, 5)).toEqual([200, 400, 800, 1600, 3200]);
    expect(Math.max(...pauses)).toBe(30_000);
    expect(events.filter((event) => event === 'workers_keep_ending')).toHaveLength(1);
    clock.turn(120_000);
    expect(crew.stats().looping).toBe(false);
    expect(events).toContain('workers_steady_again');
    children.at(-1)?.ends(1);
    clock.turn(100);
    // It had lived for long, so its end was no part of a loop.
    expect(children).toHaveLength(14);
  });

  it('ends one that does not come up again, and starts another in its place', async () => {
    const { crew, clock, children } = await up(1);
    children[0]?.ends(1);
    clock.turn(200);
    expect(children).toHaveLength(2);
    clock.turn(10_000);
    expect(children[1]?.killed).toBe(1);
    children[1]?.ends(null, 'SIGKILL');
    clock.turn(400);
    children[2]?.comesUp();
    clock.turn(60_000);
    expect(children.map(({ killed }) => killed)).toEqual([0, 1, 0]);
    expect(crew.stats()).toMatchObject({ alive: 1, deaths: 2, restarts: 2 });
  });

  it('tries again later where no process can be made, and goes on meanwhile', async () => {
    const all = await up(2);
    const { crew, clock, children, events } = all;
    all.full = true;
    children[0]?.ends(1);
    clock.turn(200);
    expect(events).toContain('worker_not_made');
    expect(crew.stats()).toMatchObject({ alive: 1, restarts: 0 });
    all.full = false;
    clock.turn(30_000);
    children[2]?.comesUp();
    expect(crew.stats()).toMatchObject({ alive: 2, restarts: 1 });
  });

  it('ends when all have ended, the last ones by force', async () => {
    const { crew, clock, children, events } = await up();
    let codes: readonly number[] | undefined;
    void crew.end(5000).then((all) => (codes = all));
    children[0]?.ends(0);
    await settle();
    expect(codes).toBeUndefined();
    clock.turn(5000);
    expect(children.map(({ killed }) => killed)).toEqual([0, 1]);
    expect(events).toContain('worker_overdue');
    children[1]?.ends(null, 'SIGKILL');
    await settle();
    expect(codes).toEqual([0, 137]);
    clock.turn(60_000);
    expect(children).toHaveLength(2);
  });
});
