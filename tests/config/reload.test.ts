/** Reload: a changed file is swapped in at once; a bad one changes nothing and says so. */
import { renameSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadSettings, packageRoot, type Change, type Settings } from '../../config/settings.js';
import type { Clock } from '../../src/clock.js';
import type { Log, LogFields } from '../../src/log.js';
import { watchSettings, type SettingsWatch } from '../../src/reload.js';
import { besideIt } from './kit.js';

const START = 'upstreams: { u: { url: "http://h:1" } }\nroutes: [{ path: /a, upstream: u }]\n';
const OTHER = START.replace('/a', '/b');

let file = '';
let signal: (() => void) | undefined;
let applied: { next: Settings; changes: readonly Change[] }[] = [];
let lines: { event: string; fields: LogFields }[] = [];
let timers: { delayMs: number; action: () => void; live: boolean }[] = [];
let timerSet: (() => void) | undefined;
let watching: SettingsWatch;

const clock: Clock = {
  nowMs: () => 0,
  wallMs: () => 0,
  after(delayMs, action) {
    const timer = { delayMs, action, live: true };
    timers.push(timer);
    timerSet?.();
    return {
      cancel() {
        timer.live = false;
      },
    };
  },
  every: () => ({ cancel: () => undefined }),
};

const say = (event: string, fields: LogFields = {}): void => {
  lines.push({ event, fields });
};
const log = { info: say, warn: say, error: say, debug: say } as unknown as Log;

const load = (): Settings => loadSettings({ file, environment: {}, packageRoot: packageRoot() });

function start(apply?: (next: Settings) => void): void {
  watching = watchSettings({
    ...{ file, load, current: load(), log, clock },
    apply(next, changes) {
      apply?.(next);
      applied.push({ next, changes });
    },
    onSignal(listener) {
      signal = listener;
      return () => {
        signal = undefined;
      };
    },
  });
}

/** Runs the timers that are due, once the folder has told of a change. */
async function changed(): Promise<void> {
  if (!timers.some(({ live }) => live)) {
    await new Promise<void>((resolve) => {
      timerSet = resolve;
    });
  }
  timerSet = undefined;
  for (const timer of timers.splice(0)) if (timer.live) timer.action();
}

beforeEach(() => {
  [applied, lines, timers] = [[], [], []];
  file = besideIt('reload.yaml', START);
});

afterEach(() => {
  watching.close();
  expect(signal).toBeUndefined();
});

describe('a settings file that changes while the gateway runs', () => {
  it('is picked up 250 ms after it was replaced by another', async () => {
    start();
    const written = besideIt('reload.yaml.new', OTHER);
    renameSync(written, file);
    await changed();
    expect(applied.map(({ next }) => next.routes.map(({ path }) => path))).toEqual([['/b']]);
    expect(watching.current().routes[0]?.path).toBe('/b');
    expect(watching.stats()).toEqual({ reloads: 1, refused: 0 });
    expect(lines[0]).toMatchObject({ event: 'settings_reloaded', fields: { needs_restart: '' } });
    expect(lines[0]?.fields['changed']).toContain('routes[GET /a].path: "/a" to unset');
  });

  it('waits until it was left alone for 250 ms', async () => {
    start();
    for (const text of [START, OTHER, START, OTHER]) {
      const known = timers.length;
      const told = new Promise<void>((resolve) => {
        timerSet = resolve;
      });
      writeFileSync(file, text);
      await told;
      expect(timers.length).toBeGreaterThan(known);
    }
    expect(timers.map(({ delayMs }) => delayMs)).toEqual(timers.map(() => 250));
    expect(timers.filter(({ live }) => live)).toHaveLength(1);
    expect(applied).toEqual([]);
  });

  it(
    'case P16: is refused when it is bad: the old settings stay, a line says why, and ' +
      'it is counted',
    () => {
      start();
      const before = watching.current();
      writeFileSync(file, `${OTHER}server: { prot: 1 }\nlease: soon\n`);
      signal?.();
      expect(applied).toEqual([]);
      expect(watching.current()).toBe(before);
      expect(watching.stats()).toEqual({ reloads: 0, refused: 1 });
      const sentence = `${file}:3:11: server.prot is not a setting; did you mean port?`;
      expect(lines).toEqual([{ event: 'settings_refused', fields: { sentence, problems: 2 } }]);
      writeFileSync(file, OTHER);
      signal?.();
      expect(watching.current().routes[0]?.path).toBe('/b');
      expect(watching.stats()).toEqual({ reloads: 1, refused: 1 });
    },
  );

  it('says on every reload what still needs a restart, and keeps that as it runs', () => {
    start();
    writeFileSync(file, `${OTHER}server: { port: 7 }\nlog: { level: warn }\n`);
    signal?.();
    expect(watching.current()).toMatchObject({ server: { port: 8080 }, log: { level: 'warn' } });
    expect(applied[0]?.next.server.port).toBe(8080);
    signal?.();
    const restart = lines.map(({ fields }) => fields['needs_restart']);
    expect(restart).toEqual(['server.port: 8080 to 7', 'server.port: 8080 to 7']);
    expect(lines[1]?.fields).toMatchObject({ changes: 1, changed: '' });
  });

  it('changes nothing when it is written again as it was', async () => {
    start();
    writeFileSync(file, START);
    await changed();
    expect([applied, lines]).toEqual([[], []]);
    signal?.();
    expect(lines).toMatchObject([{ event: 'settings_reloaded', fields: { changes: 0 } }]);
  });

  it('keeps the old settings when the new ones cannot be put to work', () => {
    start(() => {
      throw new TypeError('secret words of a library');
    });
    const before = watching.current();
    writeFileSync(file, OTHER);
    signal?.();
    expect(watching.current()).toBe(before);
    expect(lines).toMatchObject([{ event: 'settings_refused', fields: { error: 'TypeError' } }]);
    expect(JSON.stringify(lines)).not.toContain('secret words');
  });

  it('is no longer looked at after the close', () => {
    start();
    const listener = signal;
    watching.close();
    expect(signal).toBeUndefined();
    expect(listener).toBeDefined();
    writeFileSync(file, OTHER);
    expect(timers.filter(({ live }) => live)).toEqual([]);
  });
});
