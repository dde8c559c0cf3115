/** Repeats: of lines that say the same thing, one goes out a second, and tells of the others. */
import type { Clock, Timer } from './clock.js';
import type { LogFields } from './log.js';

/** What an operator did is on record each time; the token is what bounds it. */
const ALWAYS: ReadonlySet<string> = new Set(['invalidated', 'log_level_changed', 'drain_asked']);

/** Fields whose words tell two lines of the same event apart; all others are mere detail. */
const TELLING = [
  ...['upstream', 'origin', 'route', 'alert', 'name', 'op', 'kind', 'reason', 'error', 'code'],
  ...['at', 'url', 'sentence', 'setting'],
] as const;

/** Lines that are remembered; beyond them only the event itself tells two apart. */
const KEYS_MAX = 1000;
const PERIOD_MS = 1000;

export interface Repeated {
  readonly level: string;
  readonly event: string;
  readonly fields: LogFields;
}

export interface Repeats<Line extends Repeated> {
  say(line: Line): void;
  /** Writes at once what is held back. */
  flush(): void;
  /** Lines that were not written since the start. */
  suppressed(): number;
}

interface Standing<Line> {
  saidMs: number;
  /** The newest that is held back; it goes out at the end of its second. */
  held: Line | undefined;
  /** Those before it that nobody will see. */
  suppressed: number;
}

function keyOf({ level, event, fields }: Repeated): string {
  let key = `${level} ${event}`;
  for (const name of TELLING) {
    const value = fields[name];
    if (value !== undefined) key += `\n${name}=${value}`;
  }
  return key;
}

export function openRepeats<Line extends Repeated>(
  clock: Pick<Clock, 'nowMs' | 'after'>,
  write: (line: Line, suppressed: number) => void,
): Repeats<Line> {
  const standings = new Map<string, Standing<Line>>();
  let timer: Timer | undefined;
  let total = 0;

  const forgetOld = (nowMs: number): void => {
    for (const [key, { saidMs, held }] of standings) {
      if (held === undefined && nowMs - saidMs >= PERIOD_MS) standings.delete(key);
    }
  };
  const keyFor = (line: Line, nowMs: number): string => {
    const key = keyOf(line);
    if (standings.has(key) || standings.size < KEYS_MAX) return key;
    forgetOld(nowMs);
    // There are only so many events, so these cannot grow without end.
    return standings.size < KEYS_MAX ? key : `${line.level} ${line.event}`;
  };
  const writeDue = (nowMs: number, all: boolean): void => {
    let waitMs: number | undefined;
    for (const standing of standings.values()) {
      const { held, saidMs, suppressed } = standing;
      if (held === undefined) continue;
      const leftMs = saidMs + PERIOD_MS - nowMs;
      if (leftMs > 0 && !all) {
        waitMs = Math.min(waitMs ?? leftMs, leftMs);
        continue;
      }
      Object.assign(standing, { saidMs: nowMs, held: undefined, suppressed: 0 });
      write(held, suppressed);
    }
    if (waitMs !== undefined) arm(waitMs);
  };
  const arm = (waitMs: number): void => {
    timer ??= clock.after(Math.max(1, waitMs), () => {
      timer = undefined;
      writeDue(clock.nowMs(), false);
    });
  };
  const holdBack = (key: string, standing: Standing<Line>, line: Line): void => {
    if (standing.held !== undefined) {
      standing.suppressed += 1;
      total += 1;
    }
    standing.held = line;
    // What was said last goes out last, so that the log ends with how things stand.
    standings.delete(key);
    standings.set(key, standing);
  };

  return {
    say(line) {
      if (ALWAYS.has(line.event)) {
        write(line, 0);
        return;
      }
      const nowMs = clock.nowMs();
      const key = keyFor(line, nowMs);
      const standing = standings.get(key) ?? { saidMs: -Infinity, held: undefined, suppressed: 0 };
      if (standing.held === undefined && nowMs - standing.saidMs >= PERIOD_MS) {
        standings.set(key, { saidMs: nowMs, held: undefined, suppressed: 0 });
        write(line, 0);
        return;
      }
      holdBack(key, standing, line);
      arm(standing.saidMs + PERIOD_MS - nowMs);
    },
    flush() {
      timer?.cancel();
      timer = undefined;
      writeDue(clock.nowMs(), true);
    },
    suppressed: () => total,
  };
}
