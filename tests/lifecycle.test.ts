/** The lifecycle: which signal does what, and what happens when something unexpected was thrown. */
import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { watchLifecycle, type Process } from '../src/lifecycle.js';
import { handClock } from './fakes/hand-clock.js';
import { settle } from './fakes/waiting.js';

class Left extends Error {}

function watched(shutDown: () => Promise<void> = () => new Promise(() => undefined)) {
  const clock = handClock();
  const emitter = new EventEmitter();
  const exits: number[] = [];
  const lines: string[] = [];
  const say = (event: string, fields: object = {}): void => {
    lines.push(JSON.stringify({ event, ...fields }));
  };
  let begun = 0;
  const process: Process = {
    on: (event, listener) => emitter.on(event, listener),
    exit(code) {
      exits.push(code);
      throw new Left();
    },
  };
  const lifecycle = watchLifecycle({
    ...{ process, clock },
    log: {
      ...{ error: say, warn: say, info: say, debug: say },
      access: () => undefined,
      level: () => 'info',
      setLevel: () => undefined,
      dropped: () => 0,
      close: () => Promise.resolve(),
    },
    shutDown: () => {
      begun += 1;
      return shutDown();
    },
    limitMs: 10_000,
  });
  let code: number | undefined;
  void lifecycle.done.then((said) => {
    code = said;
  });
  const send = (event: string, thrown?: unknown): void => {
    try {
      emitter.emit(event, thrown);
    } catch (left) {
      if (!(left instanceof Left)) throw left;
    }
  };
  return { lifecycle, clock, send, exits, lines, begun: () => begun, code: () => code };
}

describe('the lifecycle', () => {
  it.each(['SIGTERM', 'SIGINT'])('shuts down once at %s and ends with 0', async (signal) => {
    const it = watched(() => Promise.resolve());
    it.send(signal);
    await settle();
    expect([it.begun(), it.code(), it.exits]).toEqual([1, 0, []]);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ])('leaves at once when %s comes again: %i', (signal, exit) => {
    const it = watched();
    it.send('SIGTERM');
    it.clock.turn(251);
    it.send(signal);
    expect(it.exits).toEqual([exit]);
    expect(it.begun()).toBe(1);
  });

  it('takes the echo of Ctrl-C for the same wish, and what comes later for another one', () => {
    const it = watched();
    it.send('SIGINT');
    it.clock.turn(249);
    it.send('SIGINT');
    expect(it.exits).toEqual([]);
    it.clock.turn(1);
    it.send('SIGINT');
    expect(it.exits).toEqual([130]);
  });

  it('ends as an operator asks, and obeys the first signal after that', async () => {
    const it = watched();
    it.lifecycle.stop();
    it.lifecycle.stop();
    expect(it.begun()).toBe(1);
    it.send('SIGTERM');
    expect(it.exits).toEqual([143]);
    await settle();
  });

  it('does not wait for what hangs', async () => {
    const it = watched();
    it.send('SIGTERM');
    it.clock.turn(14_999);
    await settle();
    expect(it.code()).toBeUndefined();
    it.clock.turn(1);
    await settle();
    expect(it.code()).toBe(1);
    expect(it.lines.join()).toContain('shutdown_overdue');
  });

  it('ends although shutting down failed, and says so without the message', async () => {
    const it = watched(() => Promise.reject(new Error('password hunter2')));
    it.send('SIGTERM');
    await settle();
    expect(it.code()).toBe(0);
    expect(it.lines.join()).toContain('shutdown_failed');
    expect(it.lines.join()).not.toContain('hunter2');
  });

  it.each(['uncaughtException', 'unhandledRejection'])(
    'finishes what runs and ends with 1 after an %s, and logs no message',
    async (event) => {
      const it = watched(() => Promise.resolve());
      it.send(event, new TypeError('secret hunter2'));
      await settle();
      expect([it.begun(), it.code()]).toEqual([1, 1]);
      expect(it.lines.join()).toContain('TypeError');
      expect(it.lines.join()).not.toContain('hunter2');
    },
  );

  it('leaves no timer behind once it is down', async () => {
    const it = watched(() => Promise.resolve());
    it.send('SIGTERM');
    await settle();
    expect(it.code()).toBe(0);
    expect(it.clock.pending()).toBe(0);
  });
});
