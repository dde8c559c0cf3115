/** The real log on a clock turned by hand, with every line that it wrote. */
import { Writable } from 'node:stream';
import type { Log, LogLevel } from '../../src/log.js';
import { openLog } from '../../src/open-log.js';
import { handClock, type HandClock } from '../fakes/hand-clock.js';

export interface Line {
  readonly time: string;
  readonly level: string;
  readonly event: string;
  readonly id?: string;
  readonly suppressed?: number;
  readonly [field: string]: unknown;
}

export interface Kept {
  readonly clock: HandClock;
  readonly log: Log;
  readonly texts: () => readonly string[];
  /** Every line, read as JSON. */
  readonly lines: () => readonly Line[];
}

export function openKept(level: LogLevel = 'debug'): Kept {
  const clock = handClock();
  let text = '';
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const log = openLog({ level, access: true, batchLinesMax: 1_000, flushMs: 100, sink }, clock);
  const texts = (): string[] => text.split('\n').filter((line) => line !== '');
  return { clock, log, texts, lines: () => texts().map((line) => JSON.parse(line) as Line) };
}
